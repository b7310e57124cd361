/* <crm-calendar>: records go to another day by mouse, by menu and by Alt with an arrow. The server decides and says so. */
import Sortable from "sortablejs";
import { $, $$, ask, on } from "./dom.js";
import { place } from "./menus.js";

const mover = () => $("#day-move");
const dayOf = (at) => at.closest("[data-day]")?.dataset.day;

function daysOn(day, by) {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + by);
  return date.toISOString().slice(0, 10);
}

/* The whole calendar is drawn anew after a move; the focus goes back to the record that moved. */
let followed = "";
function move(id, to) {
  const box = mover();
  if (!box || !to) return;
  followed = id;
  ask("POST", `${box.dataset.url}${id}`, "#spoken", { values: { field: box.dataset.field, to }, swap: "none" });
}
document.addEventListener("htmx:after:swap", (event) => {
  if (!followed || event.detail.ctx?.target?.id !== "main") return;
  const links = $$(`[data-id="${CSS.escape(followed)}"] .cev-l`);
  followed = "";
  links.find((one) => one.offsetParent)?.focus();
});

/* --- the menu --- */
let chosen;
on("click", "[data-day-move]", (event, at) => {
  event.preventDefault();
  chosen = at.closest(".cev");
  const box = mover();
  const day = dayOf(chosen);
  const language = document.documentElement.lang;
  for (const item of $$("[data-by]", box)) {
    const to = new Date(`${daysOn(day, Number(item.dataset.by))}T12:00:00Z`);
    $("[data-say]", item).textContent = to.toLocaleDateString(language, {
      weekday: "short",
      month: "short",
      day: "numeric",
    });
  }
  $("#day-to", box).value = day;
  box.showPopover();
  place(box, at);
  $("[data-by]", box).focus();
});
on("click", "#day-move [data-by]", (event, at) => {
  mover().hidePopover();
  move(chosen.dataset.id, daysOn(dayOf(chosen), Number(at.dataset.by)));
});
on("submit", "[data-day-form]", (event, form) => {
  event.preventDefault();
  mover().hidePopover();
  move(chosen.dataset.id, form.elements.to.value);
});

/* --- arrows walk the days, with Alt they take the record along --- */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const stops = (cell) => $$(".cev-l, .cev-more, .cev-n", cell);
on("keydown", ".cal td", (event, cell) => {
  const by = STEPS[event.key];
  if (!by || event.target.closest("[popover]")) return;
  const held = event.target.closest(".cev");
  if (event.altKey && held) {
    event.preventDefault();
    move(held.dataset.id, daysOn(dayOf(held), by));
    return;
  }
  if (event.altKey || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const cells = $$(".cal td");
  const here = stops(cell);
  const next = Math.abs(by) === 7 && here[here.indexOf(event.target) + Math.sign(by)];
  const beside = cells[cells.indexOf(cell) + by];
  const there = beside && stops(beside);
  (next || (there && (by === -7 ? there.at(-1) : there[0])))?.focus();
});

/* A click on the empty part of a day makes a record there. */
on("click", ".cal td", (event, cell) => {
  if (event.target.closest("a, button, [popover], .cev")) return;
  $(".cev-n", cell)?.click();
});

class Calendar extends HTMLElement {
  connectedCallback() {
    this.lists = [];
    // The menu stands below the calendar and may come a moment later; without it nothing may be moved.
    queueMicrotask(() => this.isConnected && mover() && this.prepare());
  }

  prepare() {
    this.lists = $$(".cal [data-evs]", this).map((list) =>
      Sortable.create(list, {
        group: "day",
        draggable: ".cev",
        ghostClass: "ghost",
        dragClass: "held",
        filter: "button",
        preventOnFilter: false,
        sort: false,
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
        forceFallback: true,
        fallbackOnBody: true,
        fallbackTolerance: 5,
        delay: 180,
        delayOnTouchOnly: true,
        onStart: () => {
          this.dataset.dragging = "";
        },
        onEnd: ({ item, from, to }) => {
          delete this.dataset.dragging;
          if (from !== to) move(item.dataset.id, dayOf(to));
        },
      }),
    );
  }

  disconnectedCallback() {
    for (const list of this.lists) list.destroy();
  }
}
customElements.define("crm-calendar", Calendar);
