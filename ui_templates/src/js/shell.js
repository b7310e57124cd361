/* Theme, language, drawer, the thin bar of a slow request, log-in hints, copying. */
import { $, headers, on } from "./dom.js";

const root = document.documentElement;

on("submit", "[data-preference]", (event, form) => {
  const { name, value } = event.submitter;
  if (name !== "theme") return;
  event.preventDefault();
  if (value === "system") delete root.dataset.theme;
  else root.dataset.theme = value;
  for (const other of document.querySelectorAll("[name=theme]")) other.ariaChecked = String(other.value === value);
  fetch(form.action, { method: "POST", headers: headers(), body: new URLSearchParams({ theme: value }) });
});

/* Which folded groups of the side bar stay open, for the next page too. A click is heard before the group moves. */
on("click", "[data-nav] > summary", (event, at) => {
  const others = [...document.querySelectorAll("[data-nav][open]")].filter((one) => one !== at.parentElement);
  const open = at.parentElement.open ? others : [...others, at.parentElement];
  const codes = open.map((one) => one.dataset.nav).join(".");
  document.cookie = `fieldstone_nav=${codes}; path=/; max-age=31536000; samesite=lax`;
});

export function drawer(open) {
  const shade = $(".shade");
  document.body.toggleAttribute("data-drawer-open", open);
  shade.hidden = !open;
  $("[data-drawer]")?.setAttribute("aria-expanded", String(open));
  if (open) $("#side a")?.focus();
}
export function sideBar() {
  if (matchMedia("(max-width: 720px)").matches) drawer(!("drawerOpen" in document.body.dataset));
  else if (document.body.dataset.side === "hidden") delete document.body.dataset.side;
  else document.body.dataset.side = "hidden";
}
on("click", "[data-drawer]", () => drawer(true));
on("click", "[data-drawer-shut]", () => drawer(false));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && "drawerOpen" in document.body.dataset) drawer(false);
});

let waiting = 0;
let timer;
const busy = (step) => {
  waiting = Math.max(0, waiting + step);
  clearTimeout(timer);
  const bar = $("#busy");
  if (!bar) return;
  if (!waiting) bar.hidden = true;
  else
    timer = setTimeout(() => {
      bar.hidden = false;
    }, 300); // quick answers show nothing
};
document.addEventListener("htmx:before:request", () => busy(1));
document.addEventListener("htmx:finally:request", () => busy(-1));

on("click", "[data-fill]", (event, at) => {
  $("#email").value = at.dataset.fill;
  $("#password").value = at.dataset["fill-2"] ?? at.getAttribute("data-fill-2");
  $("#email").form.requestSubmit();
});
on("click", "[data-copy]", (event, at) => navigator.clipboard.writeText(at.dataset.copy));

/* The list's search box is inside what its answer replaces: it gets back its text, focus and caret. */
let asked;
let typed;
document.addEventListener("htmx:before:request", (event) => {
  const at = event.detail.ctx.sourceElement;
  if (at.matches("[data-keep-focus]")) asked = at.value;
});
document.addEventListener("htmx:before:swap", () => {
  const at = document.activeElement;
  typed = at?.matches?.("[data-keep-focus]") ? { id: at.id, caret: at.selectionStart, value: at.value } : undefined;
});
document.addEventListener("htmx:after:swap", () => {
  const field = typed && document.getElementById(typed.id);
  if (!field || (field.value === typed.value && field === document.activeElement)) return;
  field.value = typed.value;
  field.focus();
  field.setSelectionRange(typed.caret, typed.caret);
  if (typed.value !== asked) field.dispatchEvent(new Event("input", { bubbles: true })); // typed on meanwhile
});

/* What had the focus is gone with the old content: go on from the top of the new one, not from the top of the page. */
document.addEventListener("htmx:after:swap", (event) => {
  const main = $("#main");
  if (event.detail.ctx?.target === main && document.activeElement === document.body)
    main.focus({ preventScroll: true });
});

/* The templates write ⌘; only a Mac has that key. */
export function nameKeys() {
  if (/Mac|iPhone|iPad/.test(navigator.platform)) return;
  for (const key of document.querySelectorAll("kbd")) {
    if (key.textContent.includes("⌘")) key.textContent = key.textContent.replace("⌘", "Ctrl ");
  }
}
