/* Menus are the browser's popovers; here they are only placed beside their button and walked by arrows. */
import { $, $$, on } from "./dom.js";

export function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const end = box.left + width + 8 > innerWidth;
  const up = "up" in menu.dataset || box.bottom + height + 8 > innerHeight;
  menu.style.left = `${Math.max(8, Math.min(end ? box.right - width : box.left, innerWidth - width - 8))}px`;
  menu.style.top = `${up ? Math.max(8, box.top - height - 4) : box.bottom + 4}px`;
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu") || event.newState !== "open" || menu.matches(".options, #move")) return;
    const anchor = $(`[popovertarget="${menu.id}"]:not([hidden])`) || document.activeElement;
    place(menu, anchor);
    $("[aria-checked=true], [role^=menuitem], input:not([type=hidden]), select, button", menu)?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("[role=menu]");
  if (!menu) return;
  const items = $$("[role^=menuitem]", menu);
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined || !items.length) return;
  event.preventDefault();
  items[(to + items.length) % items.length].focus();
});

on("click", "[role=menu] [role^=menuitem]", (event, at) => {
  if (at.ariaDisabled === "true") {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  at.closest("[popover]")?.hidePopover();
});
on("click", "[data-shows]", (event, at) => {
  const box = $(`#${at.dataset.shows}`);
  box.showPopover();
  place(box, at);
});
document.addEventListener(
  "click",
  (event) => {
    // refused controls explain themselves, and do nothing
    if (event.target.closest?.('.btn[aria-disabled="true"]')) event.preventDefault();
  },
  true,
);

/* htmx carries attributes over from an old element to the new one of the same id. A style attribute would break the
   content security policy that way, so what is about to be replaced loses its place first. */
document.addEventListener("htmx:before:swap", (event) => {
  for (const menu of $$(".menu[style]", event.detail.ctx?.target || document)) {
    if (menu.matches(":popover-open")) menu.hidePopover();
    menu.removeAttribute("style");
  }
});
