/* <crm-board>: cards move by mouse, touch, menu and key. Picking one up asks the server nothing: the table of moves came with
   the page, so every column can say beforehand what a drop would do. The server decides again on the drop. */
import Sortable from "sortablejs";
import { hold } from "./answers.js";
import { $, $$, ask, headers, icon, on, pageData, say, speak } from "./dom.js";
import { place } from "./menus.js";
import { toast } from "./toasts.js";

const stageOf = (card) => card.closest("[data-stage]");

/* What a drop of this card on that stage would do: the table's word, but a card with all facts in place is not asked. */
function verdict(card, from, to) {
  const rule = pageData("moves")[from]?.[to] || { rule: "ok" };
  const refused = JSON.parse(card.dataset.refused || "{}")[to];
  if (refused && rule.rule !== "no") return { rule: "no", say: refused };
  const missing = JSON.parse(card.dataset.needs || "{}")[to];
  return rule.rule === "ask" && missing === 0 ? { rule: "ok" } : rule;
}

function mark(board, card) {
  const from = stageOf(card).dataset.stage;
  board.dataset.dragging = "";
  for (const column of $$("[data-stage]", board)) {
    const to = column.dataset.stage;
    const { rule, say: text } = to === from ? { rule: "from" } : verdict(card, from, to);
    column.dataset.drop = rule;
    const line = $("[data-say]", column);
    if (line) line.textContent = text || "";
  }
}
/* What arrives while a card is carried, such as the answer to the move before, waits until the card is put down: a swap
   would take it out of the hand. */
const waiting = [];
document.addEventListener("htmx:before:swap", (event) => {
  if (!$("crm-board[data-dragging]")) return;
  event.preventDefault();
  waiting.push(event.detail.ctx);
});
const letIn = () => Promise.all(waiting.splice(0).map((one) => window.htmx.swap(one)));
let carried = Promise.resolve(); // ends when the card is put down and what waited for that is in
function unmark(board) {
  delete board.dataset.dragging;
  for (const column of $$("[data-drop]", board)) delete column.dataset.drop;
}

/* Moves reach the server one after the other, in the order in which they were made; the board is not drawn anew meanwhile. */
let before = Promise.resolve();
function move(card, to, back) {
  const moved = hold();
  before = before
    .then(() => decided(card, to, back))
    .catch(reportError)
    .finally(moved);
}

function putBack(card, { list, next, column }) {
  const there = next && document.getElementById(next.id);
  list.insertBefore(document.getElementById(card.id) || card, there?.parentElement === list ? there : null);
  speak(say("put_back", { what: card.dataset.title, where: column.dataset.name }));
}

/* Asks the server; on a no the card goes back to where it was. */
async function decided(card, to, back) {
  const { rule } = verdict(card, back.column.dataset.stage, to);
  if (rule === "ask") {
    if (!(await answered(card, to))) putBack(card, back);
    return;
  }
  let answer;
  try {
    answer = await fetch(card.dataset.moveUrl, {
      method: "POST",
      body: new URLSearchParams({ to, board: "1" }),
      headers: { ...headers(), "HX-Target": "ul#board" },
    });
  } catch {
    putBack(card, back);
    toast({ tone: "bad", text: say("offline") });
    return;
  }
  const html = await answer.text();
  const told = JSON.parse(answer.headers.get("HX-Trigger")?.startsWith("{") ? answer.headers.get("HX-Trigger") : "{}");
  if (told.toast) toast(told.toast);
  if (!answer.ok) {
    putBack(card, back);
    if (!told.toast) toast({ tone: "bad", text: say({ 403: "refused", 404: "gone" }[answer.status] || "failed") });
    document.dispatchEvent(new Event("reload")); // somebody else was faster: look again
    return;
  }
  const column = $(`[data-stage="${CSS.escape(to)}"]`);
  await window.htmx.swap({ text: html, target: $("#spoken"), swap: "none", sourceElement: document.body });
  speak(say("moved", { what: card.dataset.title, where: column?.dataset.name || to }));
}

/* Asks for the facts that the stage needs, and tells whether they were given. */
async function answered(card, to) {
  const url = `${card.dataset.moveUrl}?to=${encodeURIComponent(to)}&board=1`;
  await ask("GET", url, "#dialog", { source: document.getElementById(card.id) });
  await carried;
  const sheet = $("#sheet");
  if (!sheet.open) return false;
  sheet.returnValue = "";
  await new Promise((closed) => sheet.addEventListener("close", closed, { once: true }));
  return sheet.returnValue === "ok";
}

function toStage(card, to) {
  const column = stageOf(card);
  if (column.dataset.stage === to || verdict(card, column.dataset.stage, to).rule === "no") return;
  const back = { list: card.parentElement, next: card.nextElementSibling, column };
  const target = $(`[data-stage="${CSS.escape(to)}"] [data-cards]`);
  target?.prepend(card);
  move(card, to, back);
}

/* Further cards may bring one that was moved since the board was drawn and is here already: it stays where it was put. */
let there;
document.addEventListener("htmx:before:swap", (event) => {
  const more = event.detail.ctx.target?.matches?.(".card-more");
  there = more && new Map($$("crm-board .card").map((card) => [card.id, card]));
});
document.addEventListener("htmx:after:swap", () => {
  if (!there) return;
  for (const card of $$("crm-board .card")) if (there.has(card.id) && there.get(card.id) !== card) card.remove();
  there = undefined;
});

/* --- the menu: the way without a mouse (WCAG 2.5.7) --- */
let moved;
export function moveMenu(card) {
  const menu = $("#move");
  if (!menu || !card) return;
  moved = card;
  const from = stageOf(card)?.dataset.stage || card.dataset.stage;
  for (const item of $$("[data-to]", menu)) {
    const here = item.dataset.to === from;
    const { rule, say: text } = here ? {} : verdict(card, from, item.dataset.to);
    item.ariaChecked = String(here);
    item.ariaDisabled = String(rule === "no");
    const why = $("[data-say]", item);
    why.textContent = text || "";
    if (text) why.prepend(icon(rule === "no" ? "lock" : "list-checks", "i-xs"));
  }
  menu.showPopover();
  place(menu, $("[data-move]", card) || card);
  ($("[aria-checked=true]", menu) || $("[data-to]", menu)).focus();
}
on("click", "[data-move]", (event, at) => {
  event.preventDefault();
  moveMenu(at.closest(".card"));
});
on("click", "#move [data-to]", (event, at) => {
  if (at.ariaDisabled !== "true") toStage(moved, at.dataset.to);
});
on("click", "#move [data-verb]", (event, at) => {
  ask("POST", moved.dataset.moveUrl.replace(/move$/, `actions/${at.dataset.verb}`), "#dialog");
});

/* --- arrows and letters walk the cards --- */
export function walk(columns, rows) {
  const board = $("crm-board");
  const at = document.activeElement?.closest?.(".card");
  if (!at) {
    $(".card-t", board)?.focus();
    return;
  }
  const all = $$(".col", board);
  const column = all[Math.max(0, Math.min(all.length - 1, all.indexOf(at.closest(".col")) + columns))];
  const row = $$(".card", at.closest(".col")).indexOf(at) + rows;
  const titles = $$(".card-t", column);
  titles[Math.max(0, Math.min(titles.length - 1, row))]?.focus();
}

class Board extends HTMLElement {
  connectedCallback() {
    let back;
    let putDown;
    this.lists = $$("[data-cards]", this).map((list) =>
      Sortable.create(list, {
        group: "stage",
        draggable: ".card",
        ghostClass: "ghost",
        dragClass: "held",
        filter: "button",
        preventOnFilter: false,
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160,
        forceFallback: true,
        fallbackOnBody: true,
        fallbackTolerance: 5,
        delay: 180,
        delayOnTouchOnly: true,
        scrollSensitivity: 80,
        bubbleScroll: true,
        onStart: ({ item, from }) => {
          const moved = hold();
          carried = new Promise((put) => {
            putDown = () => letIn().finally(put).finally(moved);
          });
          back = { list: from, next: item.nextElementSibling, column: stageOf(item) };
          mark(this, item);
        },
        onMove: ({ to }) => stageOf(to).dataset.drop !== "no",
        onEnd: ({ item, to, originalEvent }) => {
          // A refused column takes no card, so the card still lies in the column passed before: let go over a refusal
          // means back to the start, never into a neighbour.
          const { clientX, clientY } = originalEvent.changedTouches?.[0] || originalEvent;
          const over = document.elementFromPoint(clientX, clientY)?.closest("[data-stage]");
          const refused = over?.dataset.drop === "no";
          unmark(this);
          const stage = stageOf(to);
          if (refused) back.list.insertBefore(item, back.next);
          if (!refused && stage !== back.column) move(item, stage.dataset.stage, back);
          putDown();
        },
      }),
    );
    this.followSwipe();
  }

  disconnectedCallback() {
    for (const list of this.lists) list.destroy();
  }

  /* On a phone one column fills the screen; the chips above follow the swipe, and lead it. */
  followSwipe() {
    const tabs = $$(".stages a");
    if (!tabs[0]?.offsetParent) return;
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries.filter((one) => one.isIntersecting)) {
          for (const tab of tabs) {
            if (tab.hash === `#${entry.target.id}`) {
              tab.setAttribute("aria-current", "true");
              tab.scrollIntoView({ inline: "center", block: "nearest" });
            } else tab.removeAttribute("aria-current");
          }
        }
      },
      { root: this, threshold: 0.6 },
    );
    for (const column of $$(".col", this)) seen.observe(column);
  }
}
customElements.define("crm-board", Board);
on("click", ".stages a", (event, at) => {
  event.preventDefault();
  document.getElementById(at.hash.slice(1))?.scrollIntoView({ behavior: "smooth", inline: "start", block: "nearest" });
});
