/* A public form: says how high it is to the page that embeds it, and does the little work that keeps programs out. */
import { sha256 } from "./sha256.js";

const SLICE = 20; // ms of work between two looks at what the visitor does
const told = (message) => {
  if (window.parent !== window) window.parent.postMessage(message, "*");
};
/* The body: the document itself is never less high than the frame, which could then only grow. */
const tell = () => told({ fieldstone: "height", height: Math.ceil(document.body.getBoundingClientRect().height) });
new ResizeObserver(tell).observe(document.body);
tell();
/* Thanks, or what is wrong: worth looking at, wherever the page around it was scrolled to. */
if (document.querySelector("[role=status], [role=alert], [aria-invalid]")) told({ fieldstone: "look" });

function zeroBits(hash) {
  const at = hash.findIndex((word) => word);
  return at < 0 ? hash.length * 32 : at * 32 + Math.clz32(hash[at]);
}

async function found(token, wanted) {
  let rest = performance.now() + SLICE;
  for (let n = 0; ; n += 1) {
    if (zeroBits(sha256(`${token}:${n}`)) >= wanted) return String(n);
    if (performance.now() < rest) continue;
    await new Promise((next) => setTimeout(next));
    rest = performance.now() + SLICE;
  }
}

/* The button says that its press was heard until the form is really sent. */
function busy(button, on) {
  button.disabled = on;
  button.ariaBusy = String(on);
  const { dataset } = button;
  dataset.says ??= button.textContent;
  button.textContent = on ? dataset.wait : dataset.says;
}

for (const form of document.querySelectorAll("[data-form]")) {
  const work = Number(form.dataset.work || 0);
  const ready = work && found(form.elements._token.value, work).then((answer) => {
    form.elements._work.value = answer;
  });
  form.addEventListener("submit", async (event) => {
    const button = form.querySelector("[type=submit]");
    if (ready && !form.elements._work.value) {
      event.preventDefault();
      busy(button, true);
      await ready;
      busy(button, false);
      /* A turn later: while a form is being sent it cannot be sent again. */
      setTimeout(() => form.requestSubmit());
      return;
    }
    /* After the browser has read the form, so that a second click sends nothing. */
    setTimeout(() => busy(button, true));
  });
}
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-form] [type=submit][aria-busy]")) busy(button, false);
});
