/* Messages that go by themselves: drawn by the server, sent with HX-Trigger {"toast": ...}, or made here. */
import { $, $$, icon, on, say, speak } from "./dom.js";

const STAYS = 8000; // long enough to read a sentence and reach Undo

function leave(toast) {
  let timer = setTimeout(() => toast.remove(), STAYS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => {
    timer = setTimeout(() => toast.remove(), STAYS / 2);
  });
}

function button(text, className) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  return made;
}

export function toast({ text, tone = "ok", undo, href, label, act }) {
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.kind = tone;
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  box.append(icon({ warn: "triangle-alert", bad: "circle-alert" }[tone] || "check"), words);
  if (href) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = label || text;
    box.append(link);
  }
  if (undo || act) {
    const back = button(say("undo"), "");
    back.dataset.undo = "";
    if (act) back.addEventListener("click", act);
    else {
      back.setAttribute("hx-post", undo);
      back.setAttribute("hx-swap", "none");
    }
    const key = document.createElement("kbd");
    key.textContent = "Z";
    box.append(back, key);
  }
  const close = button("", "bare");
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", say("dismiss"));
  close.append(icon("x"));
  box.append(close);
  const place = $("#toasts");
  if (!place) return;
  while (place.children.length > 2) place.firstElementChild.remove();
  place.append(box);
  window.htmx?.process(box);
  leave(box);
  speak(text);
}

export const undoLast = () => $$("#toasts [data-undo]").at(-1)?.click();

on("click", "[data-dismiss], [data-undo]", (event, at) => {
  const box = at.closest(".toast");
  setTimeout(() => box.remove(), at.matches("[data-undo]") ? 60 : 0);
});

document.addEventListener("toast", (event) => toast(event.detail.value?.text ? event.detail.value : event.detail));
$$("#toasts .toast").forEach(leave);

/* Answers that are not shown in place still tell the reader why nothing happened. */
document.addEventListener("htmx:response:error", (event) => {
  const { response, hx = {} } = event.detail.ctx;
  if (/toast/.test(hx.trigger || "") || [409, 422].includes(response.status)) return;
  toast({ tone: "bad", text: say({ 403: "refused", 404: "gone" }[response.status] || "failed") });
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.response) return;
  toast({ tone: "bad", text: say("offline") });
});
