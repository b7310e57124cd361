/* Keys that are pressed while the page's scripts are still on their way; keys.js does later what they ask for. */
const pressed = [];
const keep = (event) => {
  if (event.isComposing || event.target.closest?.("input, select, textarea, [contenteditable]")) return;
  const palette = event.key === "/" || (event.key === "k" && (event.metaKey || event.ctrlKey));
  if (palette) event.preventDefault(); // the browser has a search of its own behind both
  pressed.push(event);
};
window.addEventListener("keydown", keep);
window.earlyKeys = () => {
  window.removeEventListener("keydown", keep);
  return pressed;
};
