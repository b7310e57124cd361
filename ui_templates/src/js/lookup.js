/* <crm-lookup>: an input that finds records; the server draws the choices. <crm-tags>: words as chips. */
import { $, $$, headers, icon, on, say } from "./dom.js";
import { place } from "./menus.js";

const WAIT = 120; // ms of quiet before asking

function token(name, value, label) {
  const chip = document.createElement("span");
  chip.className = "chip big";
  chip.dataset.tone = "gray";
  const kept = Object.assign(document.createElement("input"), { type: "hidden", name, value });
  const drop = Object.assign(document.createElement("button"), { type: "button" });
  drop.dataset.drop = "";
  drop.setAttribute("aria-label", `${say("dismiss")}: ${label}`);
  drop.append(icon("x"));
  chip.append(label, kept, drop);
  return chip;
}
on("click", "[data-drop]", (event, at) => {
  const box = at.closest("crm-lookup, crm-tags");
  at.closest(".chip").remove();
  $("input[role=combobox], input[type=text]", box)?.focus();
  box?.dispatchEvent(new Event("change", { bubbles: true }));
});

class Lookup extends HTMLElement {
  connectedCallback() {
    this.input = $("[role=combobox]", this);
    this.list = $("[role=listbox]", this);
    this.kept = $("input[type=hidden]", this);
    this.several = "several" in this.dataset;
    this.shown = this.input.value;
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.input.value), WAIT);
    });
    this.input.addEventListener("click", () => this.ask(this.input.value === this.shown ? "" : this.input.value));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.leave(), 120));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the input
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
    $("[data-clear]", this)?.addEventListener("click", () => {
      this.set("", "");
      this.input.focus();
    });
  }

  options() {
    return $$("[role=option]", this.list);
  }
  current() {
    return $("[aria-selected=true]", this.list);
  }

  async ask(q) {
    this.asked = q;
    const url = new URL(this.dataset.url, location.href);
    url.searchParams.set("q", q);
    const form = this.closest("form");
    const beside = this.dataset.beside;
    if (beside) url.searchParams.set("about", form?.elements[beside]?.value || "");
    if (form && !("alone" in this.dataset))
      for (const [name, value] of new FormData(form))
        if (value && typeof value === "string" && name !== "csrf_token" && name !== "password")
          url.searchParams.append(`form.${name}`, value.slice(0, 80));
    const answer = await fetch(url, { headers: headers() });
    if (!answer.ok || this.asked !== q || !this.isConnected) return;
    this.list.innerHTML = await answer.text();
    for (const [n, option] of this.options().entries()) option.id = `${this.list.id}-${n}`;
    this.open();
    this.point(this.options()[0]);
  }

  open() {
    if (document.activeElement !== this.input) return;
    if (!this.list.matches(":popover-open")) this.list.showPopover();
    this.list.style.minWidth = `${this.input.offsetWidth}px`;
    place(this.list, this.input);
    this.input.ariaExpanded = "true";
  }

  shut() {
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.input.ariaExpanded = "false";
    this.input.removeAttribute("aria-activedescendant");
  }

  point(option) {
    this.current()?.removeAttribute("aria-selected");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const open = this.input.ariaExpanded === "true";
    const options = this.options();
    const at = options.indexOf(this.current());
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) this.ask("");
      else this.point(options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length]);
    } else if (event.key === "Enter" && open && at >= 0) {
      event.preventDefault();
      this.choose(options[at]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.shut();
    } else if (event.key === "Backspace" && this.several && !this.input.value) {
      $$("[data-drop]", this).at(-1)?.click();
    }
  }

  choose(option) {
    if (!option) return;
    const { value, label } = option.dataset;
    if (this.several) {
      if (!$(`input[type=hidden][value="${CSS.escape(value)}"]`, this))
        $(".tokens", this).append(token(this.dataset.name, value, label));
      this.input.value = "";
      this.shut();
      this.dispatchEvent(new Event("change", { bubbles: true }));
    } else this.set(value, label);
  }

  set(value, label) {
    this.kept.value = value;
    this.input.value = this.shown = label;
    const clear = $("[data-clear]", this);
    if (clear) clear.hidden = !value;
    this.shut();
    this.kept.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* What was typed but not chosen is no record: the last choice comes back, an emptied box means none. */
  leave() {
    this.shut();
    if (this.several || this.input.value === this.shown) return;
    if (this.input.value.trim()) this.input.value = this.shown;
    else this.set("", "");
  }
}
customElements.define("crm-lookup", Lookup);

class Tags extends HTMLElement {
  connectedCallback() {
    const input = $("input[type=text]", this);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter ends a Chinese input, not a tag
      if (event.key === "Enter" || event.key === ",") {
        if (input.value.trim()) event.preventDefault();
        this.add(input);
      }
      if (event.key === "Backspace" && !input.value) $$("[data-drop]", this).at(-1)?.click();
    });
    input.addEventListener("blur", () => this.add(input));
  }

  add(input) {
    for (const word of input.value
      .split(/[,，、]/)
      .map((one) => one.trim())
      .filter(Boolean)) {
      $(".tokens", this).append(token(this.dataset.name, word, word));
    }
    input.value = "";
  }
}
customElements.define("crm-tags", Tags);
