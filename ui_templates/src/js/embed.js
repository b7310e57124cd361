/* <script async src="https://HOST/in/embed.js" data-form="FORM"></script> puts the form after itself, as high as it
   needs, and tells it where the visitor came from. */
const script = document.currentScript;
const host = new URL(script.src).origin;
const asked = new URLSearchParams(window.location.search);
const url = new URL(`/in/forms/${encodeURIComponent(script.dataset.form)}`, script.dataset.host || host);
url.searchParams.set("embed", "1");
if (script.dataset.lang) url.searchParams.set("lang", script.dataset.lang);
for (const [name, value] of asked) {
  if (name.startsWith("utm_")) url.searchParams.set(name, value);
}
url.searchParams.set("page", window.location.href.slice(0, 500));
if (document.referrer) url.searchParams.set("referrer", document.referrer.slice(0, 500));
const frame = document.createElement("iframe");
frame.src = url.href;
frame.title = script.dataset.title || "Form";
frame.style.cssText = "width:100%;border:0;min-height:320px";
script.after(frame);
window.addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow) return;
  if (event.data?.fieldstone === "height") {
    frame.style.minHeight = "0";
    frame.style.height = `${event.data.height}px`;
  }
  if (event.data?.fieldstone === "look" && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
});
