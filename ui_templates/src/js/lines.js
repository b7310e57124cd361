/* <crm-lines>: line items. Lines are added, moved, removed; the server works out what they come to while they are written. */
import Sortable from "sortablejs";
import { $, $$, on, say, speak } from "./dom.js";

const QUIET = 300; // ms without typing before the server is asked
const CELLS = "input:not([type=hidden]), select, textarea";

class Lines extends HTMLElement {
  connectedCallback() {
    if (this.body) return;
    this.next = Number(this.dataset.next || 0);
    this.body = $(":scope > [data-body]", this) || $("tbody", this);
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("input", (event) => this.later(event.target.name || ""));
    this.addEventListener("change", () => this.work());
    if (this.body.tagName === "TBODY") this.addEventListener("htmx:after:swap", () => this.mark());
    Sortable.create(this.body, {
      handle: ".grip",
      draggable: "[data-line]",
      animation: 120,
      ghostClass: "ghost",
      onEnd: () => this.work(),
    });
  }

  lines() {
    return $$(":scope > [data-line]", this.body);
  }

  /* Lines may stand inside lines: what happens in the inner ones is none of the outer ones' business. */
  mine(event) {
    return event.target.closest("crm-lines") === this;
  }

  clicked(event) {
    if (!this.mine(event)) return;
    const line = event.target.closest("[data-line]");
    if (event.target.closest("[data-add-line]")) this.add();
    else if (event.target.closest("[data-drop-line]")) this.drop(line);
    else if (event.target.closest("[data-line-up]")) this.move(line, -1);
    else if (event.target.closest("[data-line-down]")) this.move(line, 1);
  }

  /* Enter goes down the column and begins a new line below the last; arrows move a line: on its handle, elsewhere with Alt. */
  key(event) {
    const line = event.target.closest("[data-line]");
    if (!line || !this.mine(event) || event.defaultPrevented || event.isComposing) return;
    const arrow = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (arrow && (event.altKey || event.target.closest("[data-move-line]"))) {
      event.preventDefault();
      this.move(line, arrow);
    } else if (
      event.key === "Enter" &&
      line.cells &&
      event.target.matches("input") &&
      !event.metaKey &&
      !event.ctrlKey
    ) {
      event.preventDefault();
      this.below(line, event.target.closest("td").cellIndex);
    }
  }

  below(line, column) {
    const lines = this.lines();
    const after = lines[lines.indexOf(line) + 1];
    if (after) $(CELLS, after.cells[column])?.focus();
    else this.add();
  }

  add() {
    // In each name the first mark is this line's number; further ones belong to the lines inside it.
    const blank = $(":scope > template", this).innerHTML;
    this.body.insertAdjacentHTML("beforeend", blank.replace(/__n__([^"'&\s]*)/g, `${this.next}$1`));
    this.next += 1;
    const line = this.body.lastElementChild;
    window.htmx?.process(line);
    $(CELLS, line)?.focus();
    this.work();
  }

  drop(line) {
    const near = line.nextElementSibling?.matches("[data-line]")
      ? line.nextElementSibling
      : line.previousElementSibling;
    while (line.nextElementSibling?.matches(".why")) line.nextElementSibling.remove();
    line.remove();
    (near ? $(CELLS, near) : $$("[data-add-line]", this).at(-1))?.focus();
    this.work();
  }

  move(line, by) {
    const at = document.activeElement;
    for (const why of $$(".why", this.body)) why.remove(); // they stand below the line they speak of
    const lines = this.lines();
    const to = lines[lines.indexOf(line) + by];
    if (!to) return;
    if (by < 0) to.before(line);
    else to.after(line);
    at?.focus();
    speak(say("line", { n: lines.indexOf(to) + 1, total: lines.length }));
    this.work();
  }

  later(name) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.work(name), QUIET);
  }

  /* Asks what the lines come to; of the cell `name`, which is still being typed, nothing is said yet. */
  work(name = "") {
    clearTimeout(this.timer);
    if (!$(".sums[hx-post]", this)) return;
    $("[data-at]", this).value = name;
    this.dispatchEvent(new CustomEvent("work"));
  }

  mark() {
    for (const said of $$(".said", this.body)) {
      const bad = Boolean(said.firstElementChild);
      const cell = $(`${CELLS}`, said.parentElement);
      if (bad) cell?.setAttribute("aria-invalid", "true");
      else cell?.removeAttribute("aria-invalid");
    }
    for (const line of this.lines()) line.classList.toggle("bad", Boolean($(".said > *", line)));
  }
}
customElements.define("crm-lines", Lines);

/* Where lines are edited on a record's page, the first cell is ready to be written in. */
document.addEventListener("htmx:after:swap", (event) => {
  const form = $("form[data-lines]", event.target?.id?.startsWith?.("lines-") ? event.target : document);
  if (!form || form.dataset.ready) return;
  form.dataset.ready = "1";
  if (!$("[data-line]", form)) $("crm-lines", form).add();
  else ($("[data-problems], [aria-invalid=true]", form) || $(CELLS, $("[data-line]", form)))?.focus();
});
on("keydown", "form[data-lines]", (event, form) => {
  if (event.key === "Escape" && !event.defaultPrevented) $(".lines-s [hx-get]", form)?.click();
});
