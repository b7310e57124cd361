/* Forms: drawn again when a field that others depend on changes, drafts kept until saved, values edited in place, the composer. */
import { $, $$, ask, on, say } from "./dom.js";
import { toast } from "./toasts.js";

/* --- dependent fields: the server draws the form anew; morphing keeps what is typed and where the focus is --- */
on("change", "[data-form]", (event, form) => {
  const at = event.target;
  if (!at.matches("[data-depends]") && !at.closest("[data-depends]")) return;
  const values = new URLSearchParams();
  for (const [name, value] of new FormData(form))
    if (typeof value === "string" && name !== "csrf_token" && name !== "password") values.append(name, value);
  const url = new URL(form.dataset.again, location.href);
  for (const [name, value] of url.searchParams) if (!values.has(name)) values.append(name, value);
  values.set("_changed", at.name || at.closest("[data-name]")?.dataset.name || "");
  ask("GET", `${url.pathname}?${values}`, $("#form", form), { swap: "innerMorph" });
});

/* --- drafts --- */
const key = (form) => `draft:${form.dataset.draft}`;
const kept = (form) =>
  $$("input, textarea, select", form).filter((at) =>
    at.name && at.defaultValue !== undefined
      ? at.type !== "hidden" && at.type !== "password" && at.type !== "file" && at.name !== "csrf_token"
      : at.tagName === "SELECT" && at.name,
  );

function keep(form) {
  const values = kept(form)
    .filter(
      (at) =>
        !/^(checkbox|radio)$/.test(at.type) &&
        at.value &&
        (at.tagName === "SELECT" ? !at.selectedOptions[0]?.defaultSelected : at.value !== at.defaultValue),
    )
    .map((at) => [at.name, at.value]);
  if (values.length) sessionStorage.setItem(key(form), JSON.stringify(values));
  else sessionStorage.removeItem(key(form));
}
export function restoreDrafts(root = document) {
  for (const form of $$("form[data-draft]", root)) {
    const draft = sessionStorage.getItem(key(form));
    if (!draft || form.dataset.restored) continue;
    form.dataset.restored = "1";
    for (const [name, value] of JSON.parse(draft)) {
      const at = kept(form).find((one) => one.name === name);
      if (at) at.value = value;
    }
    if (!form.matches("[data-composer]")) toast({ text: say("draft") });
  }
}
on("input", "form[data-draft]", (event, form) => keep(form));
on("click", "[data-close], [data-give-up]", (event, at) => {
  // leaving on purpose throws the draft away
  const form = at.closest("form[data-draft]");
  if (form) sessionStorage.removeItem(key(form));
});
on("reset", "form[data-draft]", (event, form) => sessionStorage.removeItem(key(form)));
document.addEventListener("htmx:before:response", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement?.closest?.("form[data-draft]");
  if (form && ctx.request.method !== "GET" && ctx.response.status < 400) sessionStorage.removeItem(key(form));
});
document.addEventListener("submit", (event) => {
  // without htmx the page goes away: the server has the text now
  const form = event.target;
  if (form.matches?.("form[data-draft]") && !form.hasAttribute("hx-post")) sessionStorage.removeItem(key(form));
});

/* --- ⌘↵ sends, links in the summary of problems lead into the field --- */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  const form = event.target.closest?.("form");
  if (form) {
    event.preventDefault();
    form.requestSubmit();
  }
});
on("click", ".why-not a", (event, at) => {
  const field = $(at.hash.replace(/[.:]/g, "\\$&"));
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.scrollIntoView({ block: "center" });
});

/* --- a value edited in place: Enter or a choice saves, Escape and leaving it unchanged go back --- */
const back = (form) => ask("GET", form.dataset.back, form.getAttribute("hx-target"));
const changed = (form) =>
  kept(form).some((at) =>
    /^(checkbox|radio)$/.test(at.type)
      ? at.checked !== at.defaultChecked
      : at.tagName === "SELECT"
        ? [...at.options].some((o) => o.selected !== o.defaultSelected)
        : at.value !== at.defaultValue,
  );
on("click", "[data-back-out]", (event, at) => back(at.closest("form")));
on("keydown", "form[data-inline]", (event, form) => {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    back(form);
  }
});
on("change", "form[data-inline]", (event, form) => {
  if (
    event.target.matches("select, [type=date], [type=radio], [role=switch]") ||
    event.target.matches("crm-lookup > input[type=hidden]")
  )
    form.requestSubmit();
});
on("focusout", "form[data-inline]", (event, form) =>
  setTimeout(() => {
    if (!form.isConnected || form.contains(document.activeElement) || document.activeElement === document.body) return;
    if (changed(form)) form.requestSubmit();
    else back(form);
  }, 150),
);
document.addEventListener("htmx:after:swap", () => $("form[data-inline] :is([autofocus], [role=combobox])")?.focus());

/* --- the composer: each kind has its own words and fields --- */
function write(form, kind) {
  const radio = $(`[name=kind][value="${CSS.escape(kind)}"]`, form);
  if (!radio) return;
  radio.checked = true;
  $("textarea", form).placeholder = radio.dataset.placeholder;
  $("[data-button-text]", form).textContent = radio.dataset.button;
  for (const part of $$("[data-kind]", form)) {
    part.hidden = part.dataset.kind !== kind;
    for (const control of $$("input, select, textarea", part)) control.disabled = part.hidden; // hidden kinds post nothing
  }
}
export function compose(kind) {
  const form = $("[data-composer]");
  if (!form) return false;
  write(form, kind);
  form.scrollIntoView({ block: "center" });
  $("textarea", form).focus();
  return true;
}
on("change", "[data-composer] [name=kind]", (event, at) => {
  write(at.form, at.value);
  $("textarea", at.form).focus();
});
on("click", "[data-write]", (event, at) => compose(at.dataset.write));
export function prepareComposer() {
  const form = $("[data-composer]");
  const now = form && $("[name=kind]:checked", form);
  if (now) write(form, now.value);
}

/* --- files dropped on their box --- */
on("dragover", ".drop-in", (event, at) => {
  at.dataset.over = "";
});
on("dragleave", ".drop-in", (event, at) => {
  delete at.dataset.over;
});
on("change", ".drop-in input[type=file]", (event, at) => {
  delete at.closest(".drop-in").dataset.over;
  $("span", at.closest(".drop-in")).textContent = [...at.files].map((file) => file.name).join(", ");
});
