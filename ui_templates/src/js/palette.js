/* The command palette: one input, answers drawn by the server, arrows and Enter. */
import { $, $$, on } from "./dom.js";

const dialog = $("#palette");
const input = $("#palette-q");
const list = $("#found");
const hits = () => $$("[role=option]", list);

function point(hit) {
  $("[aria-selected=true]", list)?.removeAttribute("aria-selected");
  if (!hit) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  hit.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", hit.id);
  hit.scrollIntoView({ block: "nearest" });
}

export function palette() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  input.select();
  // The input's own request, so that what is typed next replaces it; a turn later, for htmx begins one after the page.
  setTimeout(() => window.htmx.trigger(input, "open"));
}

on("click", "[data-palette]", (event) => {
  event.preventDefault();
  palette();
});
input?.addEventListener("keydown", (event) => {
  const all = hits();
  const at = all.indexOf($("[aria-selected=true]", list));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    point(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
  } else if (event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    (all[at] || all[0])?.click();
  }
});
document.addEventListener("htmx:after:swap", (event) => {
  if (!list?.contains(event.target) && event.detail.ctx?.target !== list) return;
  for (const [n, hit] of hits().entries()) hit.id = `hit-${n}`;
  point(hits()[0]);
});
