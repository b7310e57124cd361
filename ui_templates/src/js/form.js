/* A public form: says how high it is to the page that embeds it, and does the little work that keeps programs out. */
const tell = () => {
  if (window.parent !== window) {
    window.parent.postMessage({ fieldstone: "height", height: document.documentElement.scrollHeight }, "*");
  }
};
new ResizeObserver(tell).observe(document.documentElement);
tell();

const zeroBits = (bytes) => {
  let bits = 0;
  for (const byte of bytes) {
    if (byte) return bits + Math.clz32(byte) - 24;
    bits += 8;
  }
  return bits;
};

async function found(token, wanted) {
  const encoder = new TextEncoder();
  for (let n = 0; ; n += 1) {
    const hash = await crypto.subtle.digest("SHA-256", encoder.encode(`${token}:${n}`));
    if (zeroBits(new Uint8Array(hash)) >= wanted) return String(n);
  }
}

for (const form of document.querySelectorAll("[data-form]")) {
  const work = Number(form.dataset.work || 0);
  const answer = work && window.crypto?.subtle ? found(form.elements._token.value, work) : null;
  form.addEventListener("submit", async (event) => {
    const button = form.querySelector("[type=submit]");
    if (answer && !form.elements._work.value) {
      event.preventDefault();
      button.disabled = true;
      form.elements._work.value = await answer;
      button.disabled = false;
      form.requestSubmit();
      return;
    }
    /* After the browser has read the form, so that a second click sends nothing. */
    setTimeout(() => { button.disabled = true; });
  });
}
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-form] [type=submit]")) button.disabled = false;
});
