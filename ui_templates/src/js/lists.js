/* The table: selecting rows, walking them by keys. */
import { $, $$, on, say } from "./dom.js";

const BOXES = ".tbl tbody [name=ids], .pool [name=ids]";
const boxes = () => $$(BOXES);

function count() {
  const bar = $("[data-bulk]");
  if (!bar) return;
  const chosen = boxes().filter((box) => box.checked).length;
  bar.hidden = !chosen;
  $("[data-bulk-n]", bar).textContent = say("selected", { n: chosen });
  const all = $("[data-all]");
  if (all) {
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }
}
let last;
on("click", BOXES, (event, at) => {
  const all = boxes();
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [all.indexOf(last), all.indexOf(at)].sort((a, b) => a - b);
    for (const box of all.slice(from, to + 1)) box.checked = at.checked;
  }
  last = at;
  count();
});
on("change", "[data-all]", (event, at) => {
  for (const box of boxes()) box.checked = at.checked;
  count();
});
on("click", "[data-bulk-none]", () => {
  for (const box of boxes()) box.checked = false;
  count();
});
document.addEventListener("htmx:after:swap", count);

export function step(by) {
  const links = $$(".tbl [data-open], .pool-r .lnk, .due .b");
  const at = links.findIndex((link) => link.closest("tr, li, .due")?.contains(document.activeElement));
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}
export function pick() {
  document.activeElement?.closest?.("tr, .pool-r")?.querySelector("[name=ids]")?.click();
}

/* Clicking a row beside its links opens it, as people expect of a list. */
on("click", ".tbl tbody tr", (event, row) => {
  if (event.target.closest("a, button, input, label, .pick-c") || String(getSelection())) return;
  const link = $("[data-open]", row);
  if (link && (event.metaKey || event.ctrlKey)) window.open(link.href);
  else link?.click();
});
