/* Things put in order: dragged by their grip, or lifted with Space and carried with the arrows. Only the page changes here; the
   form that holds them hears "arranged" and asks the server, which decides and draws anew. */
import Sortable from "sortablejs";
import { $, $$, on, say, speak } from "./dom.js";

let lifted; // {item, list, next}: what is carried by keyboard, and where it came from
let pressed = ""; // the id of the button whose answer will draw the page anew

const itemOf = (at) => at.closest("[data-order] > li");
const tell = (item) => item.closest("form")?.dispatchEvent(new Event("arranged", { bubbles: true }));

export function arrange() {
  for (const list of $$("[data-order]")) {
    if (Sortable.get(list)) continue;
    // Sortable calls every place passed a "change"; a form would take it for somebody's choice and send half a drag.
    list.addEventListener("change", (event) => event.target === list && event.stopPropagation());
    Sortable.create(list, {
      group: list.dataset.order || undefined,
      draggable: "li",
      handle: ".grip",
      ghostClass: "ghost",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      emptyInsertThreshold: 24,
      forceFallback: true,
      fallbackOnBody: true,
      fallbackTolerance: 4,
      dragClass: "held",
      delay: 120,
      delayOnTouchOnly: true,
      onEnd: ({ item }) => tell(item),
    });
  }
}

/* One place further; over the edge into the next list of the same kind. */
function step(item, up) {
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (other) {
    if (up) other.before(item);
    else other.after(item);
    return;
  }
  const list = item.parentElement;
  if (!list.dataset.order) return;
  const lists = $$(`[data-order="${CSS.escape(list.dataset.order)}"]`);
  const next = lists[lists.indexOf(list) + (up ? -1 : 1)];
  if (next) next[up ? "append" : "prepend"](item);
}

function announce(item, key) {
  const text = item.closest("form")?.dataset[key];
  const list = item.parentElement;
  const values = { what: item.dataset.name, where: list.dataset.name || "", n: [...list.children].indexOf(item) + 1 };
  if (text) speak(say(text, { ...values, all: list.children.length }));
}

function drop(item) {
  lifted = undefined;
  item.classList.remove("held");
  $(".grip", item)?.setAttribute("aria-pressed", "false");
  announce(item, "dropped");
  tell(item);
}

on("keydown", "[data-order] .grip", (event, grip) => {
  const item = itemOf(grip);
  const carrying = lifted?.item === item;
  if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    if (carrying) return drop(item);
    lifted = { item, list: item.parentElement, next: item.nextElementSibling };
    item.classList.add("held");
    grip.setAttribute("aria-pressed", "true");
    announce(item, "lifted");
  } else if (event.key === "Escape" && carrying) {
    event.preventDefault();
    event.stopPropagation();
    lifted.list.insertBefore(item, lifted.next);
    drop(item);
  }
});
/* The arrows carry what is lifted, left and right along a path, too; with Alt they move what has the focus, as everywhere. */
on("keydown", "[data-order] > li", (event, item) => {
  const carrying = lifted?.item === item;
  const arrow = carrying ? /^Arrow(Up|Down|Left|Right)$/ : /^Arrow(Up|Down)$/;
  if (!arrow.test(event.key) || !(event.altKey || carrying)) return;
  event.preventDefault();
  step(item, /Up|Left/.test(event.key));
  event.target.focus();
  announce(item, "moved");
  if (!carrying) tell(item);
});
on("focusout", "[data-order] .grip", (event, grip) => {
  // Moving an element in the page takes the focus away for a moment.
  setTimeout(() => {
    if (lifted && document.activeElement !== grip && lifted.item === itemOf(grip)) drop(lifted.item);
  }, 0);
});

/* Each press is sent with those that the server has not answered yet: what stands in the form is older than they are. */
let unanswered = [];
document.addEventListener("htmx:config:request", (event) => {
  const { form, body } = event.detail.ctx.request;
  if (form?.id !== "designer") return;
  if (body.get("do")) unanswered.push(body.get("do"));
  body.delete("do");
  for (const press of unanswered) body.append("do", press);
});
document.addEventListener("htmx:after:swap", (event) => {
  if (/^(designer|main)$/.test(event.detail?.ctx?.target?.id)) unanswered = [];
});

/* Whoever pressed "up" three times wants to press it a fourth time. */
on("click", "form [name=do]", (event, at) => {
  pressed = at.id;
});
document.addEventListener("htmx:after:swap", (event) => {
  if (pressed && !document.activeElement?.closest("form")) document.getElementById(pressed)?.focus();
  // What the server drew anew in a form, such as the rows of a condition, no "change" tells of.
  if (/^(designer|cond-b-)/.test(event.detail?.ctx?.target?.id)) $("#preview")?.dispatchEvent(new Event("preview"));
});
