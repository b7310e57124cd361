/* The few lines every other file needs: finding, the page's words, speaking to the server. */
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const data = (id) => JSON.parse($(`#${id}`)?.textContent || "{}");
export const pageData = data;

const words = data("words");
/* A sentence of the page's language with its {names} filled in. */
export const say = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key] || key);

export const icon = (name, size = "i-s") => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${size}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
};

export const headers = () => ({
  "X-CSRFToken": $("meta[name=csrf-token]").content,
  "HX-Request": "true",
  "HX-Current-URL": location.href,
});

export const speak = (text) => {
  const live = $("#spoken");
  if (live) live.textContent = text;
};

export const typing = () => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; // the YAML editor
  return (
    at?.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(at?.tagName) && !/^(checkbox|radio)$/.test(at.type))
  );
};

export const on = (type, selector, act) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(event, found);
  });

/* An htmx request made by a script: the answer goes into `target`. htmx names the target to the server before it reads the
   option, so the header is set here; the server answers the block of that name. */
export function ask(method, url, target, options = {}) {
  const place = typeof target === "string" ? $(target) : target;
  const named = `${place.tagName.toLowerCase()}#${place.id}`;
  return window.htmx.ajax(method, url, { ...options, target: place, headers: { "HX-Target": named } });
}
