/* The box in which filters are typed: the server says how the text may go on, arrows choose, Enter or Tab takes. */
import { $, $$, on } from "./dom.js";

const box = () => $("#filter-words");
const options = () => $$("#filter-form [role=option]");
const current = () => $("#filter-form [aria-selected=true]");

function point(option) {
  current()?.removeAttribute("aria-selected");
  const input = box();
  if (!option) {
    input?.removeAttribute("aria-activedescendant");
    return;
  }
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function number() {
  for (const [n, option] of options().entries()) option.id = `filter-word-${n}`;
  if (document.activeElement === box()) point(box().value ? options()[0] : null);
}

function goOn(text) {
  const input = box();
  input.value = text;
  input.focus();
  input.dispatchEvent(new CustomEvent("again", { bubbles: true }));
}

/* By keys a field is written into the box; by mouse it opens its form, which offers all of its values. */
function take(option) {
  if (option.dataset.text && option.getAttribute("hx-target") !== "#main") goOn(option.dataset.text);
  else option.click();
}

on("keydown", "#filter-words", (event, input) => {
  if (event.isComposing) return;
  const all = options();
  const at = all.indexOf(current());
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    point(all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    take(all[at]);
  } else if (event.key === "Tab" && at >= 0 && input.value && all[at].dataset.text) {
    event.preventDefault();
    take(all[at]);
  }
});
on("click", "#filter-form [role=option][data-text]:not([hx-get])", (event, option) => goOn(option.dataset.text));
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.target?.id === "filter-form") number();
});
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.id === "filters" && event.newState === "open") number();
  },
  true,
);
