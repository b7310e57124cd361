/* Single keys, off while typing and in dialogs, and wholly off for who asked for it (WCAG 2.1.4). "?" lists them. */
import { tinykeys } from "tinykeys";
import { moveMenu, walk } from "./board.js";
import { $, on, typing } from "./dom.js";
import { compose } from "./forms.js";
import { pick, step } from "./lists.js";
import { palette } from "./palette.js";
import { sideBar } from "./shell.js";
import { undoLast } from "./toasts.js";

const off = "keysOff" in document.body.dataset;
const key = (act) => (event) => {
  if (off || typing() || event.metaKey || event.ctrlKey || event.altKey || $("dialog[open]")) return;
  event.preventDefault();
  act();
};
const click = (selector) => key(() => $(selector)?.click());
// A turn later: htmx begins one turn after the page, and a key pressed at once would follow the plain link.
const open = (selector) => key(() => setTimeout(() => $(selector)?.click()));
const go = (href) =>
  key(() => {
    const link = $(`#side a[href^="${href}"]`);
    if (link) location.href = link.href;
  });
const board = () => $("crm-board");

/* J and K lead on through the list that led here; what lies there may still be looked up. */
let way = "";
function lead(name, by) {
  const link = $(`[data-${name}]`);
  const looking = $("#place") && !$("#place .num")?.textContent;
  way = !link && looking ? name : "";
  if (link) link.click();
  else if (board()) walk(0, by);
  else if (!looking) step(by);
}
document.addEventListener("htmx:after:swap", (event) => {
  if (way && event.detail.ctx?.target?.id === "place") $(`[data-${way}]`)?.click();
});

function showKeys() {
  $("#keys")?.showModal();
}
on("click", "[data-keys]", showKeys);

tinykeys(window, {
  "$mod+k": (event) => {
    event.preventDefault();
    palette();
  },
  "/": key(palette),
  "?": key(showKeys),
  "Shift+?": key(showKeys),
  "[": key(sideBar),
  c: open("[data-new]"),
  f: click("[data-filter]"),
  1: click("[data-kind-key='1']"),
  2: click("[data-kind-key='2']"),
  3: click("[data-kind-key='3']"),
  j: key(() => lead("next", 1)),
  k: key(() => lead("previous", -1)),
  h: key(() => board() && walk(-1, 0)),
  l: key(() => board() && walk(1, 0)),
  x: key(pick),
  m: key(() => (board() ? moveMenu(document.activeElement?.closest(".card")) : $("[data-next-stage]")?.focus())),
  "Shift+M": click("[data-next-stage]"),
  e: click("[data-edit-record]"),
  n: key(() => compose("note")),
  t: key(() => compose("task")),
  p: key(() => compose("call")),
  z: key(undoLast),
  "g h": key(() => {
    location.href = "/";
  }),
  "g t": go("/tasks"),
  "g p": go("/pools"),
  "g d": go("/dashboards"),
  "g l": go("/o/lead"),
});

/* What was pressed before this script was there, once htmx has begun; what was typed into the palette is typed now. */
const early = window.earlyKeys?.() || [];
addEventListener("DOMContentLoaded", () =>
  setTimeout(() => {
    for (const { key, code, shiftKey, altKey, metaKey, ctrlKey } of early) {
      const at = document.activeElement;
      if (key.length === 1 && at?.matches("input") && !metaKey && !ctrlKey && !altKey) {
        at.setRangeText(key, at.selectionStart, at.selectionEnd, "end");
        at.dispatchEvent(new InputEvent("input", { bubbles: true }));
      } else {
        const again = { key, code, shiftKey, altKey, metaKey, ctrlKey, bubbles: true, cancelable: true };
        (at || document.body).dispatchEvent(new KeyboardEvent("keydown", again));
      }
    }
  }),
);
