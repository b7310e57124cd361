/* One dialog for the whole page: whatever is swapped into #dialog is shown in it. And the question before a dear action. */
import { $, on } from "./dom.js";

const sheet = $("#sheet");
const body = $("#dialog");

export function closeDialog(result = "") {
  if (sheet?.open) sheet.close(result);
}

document.addEventListener("htmx:after:swap", (event) => {
  if (!body || (event.detail.ctx?.target !== body && !body.contains(event.target))) return;
  if (!body.firstElementChild) return;
  $("#palette")?.close();
  if (!sheet.open) sheet.showModal();
  const at =
    $("[data-problems]", body) ||
    $("[aria-invalid=true], [autofocus]", body) ||
    $("input:not([type=hidden], .vh), select, textarea", body);
  at?.focus();
});
sheet?.addEventListener("close", () =>
  setTimeout(() => {
    if (!sheet.open) body.replaceChildren();
  }, 0),
);
document.addEventListener("dialog-close", () => closeDialog("ok"));

on("click", "[data-close]", (event, at) => {
  event.preventDefault();
  at.closest("dialog").close("");
});
on("click", "dialog", (event, at) => {
  // a click beside the dialog, not in it
  if (event.target !== at || at.id === "sheet") return;
  const box = at.getBoundingClientRect();
  if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom)
    at.close("");
});

/* Asks in our own dialog instead of the browser's; answers true or false. */
export function sure(question) {
  const ask = $("#sure");
  $("#sure-text").textContent = question;
  ask.returnValue = "";
  ask.showModal();
  return new Promise((answer) =>
    ask.addEventListener("close", () => answer(ask.returnValue === "yes"), { once: true }),
  );
}
document.addEventListener("htmx:confirm", (event) => {
  event.preventDefault();
  const { ctx, issueRequest, dropRequest } = event.detail;
  sure(ctx.confirm).then((yes) => (yes ? issueRequest() : dropRequest()));
});
on("click", "[data-sure]", async (event, at) => {
  if (at.dataset.agreed) {
    delete at.dataset.agreed;
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (await sure(at.dataset.sure)) {
    at.dataset.agreed = "1";
    at.form.requestSubmit(at);
    delete at.dataset.agreed;
  }
});
