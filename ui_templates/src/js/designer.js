/* The designer of public forms draws its preview anew while one types. */
const LATER = 400;

export function previewWhileTyping() {
  const form = document.querySelector("[data-design]");
  if (!form) return;
  let timer = 0;
  let language = document.documentElement.lang.slice(0, 2);
  const draw = () => {
    const url = new URL(form.dataset.preview, window.location.href);
    url.searchParams.set("lang", language);
    const { action, target } = form;
    form.action = url.href;
    form.target = "preview";
    form.submit();
    form.action = action;
    form.target = target;
  };
  // A form that was not published shows what is being designed, not what is in force.
  if (document.querySelector("[data-problems]")) draw();
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(draw, LATER);
  });
  for (const button of document.querySelectorAll("[data-lang][formtarget=preview]")) {
    button.addEventListener("click", () => { language = button.dataset.lang; });
  }
}
