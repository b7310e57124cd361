/* "3 hours ago", in the page's language, for every <time data-relative>. */
import { $$, say } from "./dom.js";

const STEPS = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

export function tellTimes(root = document) {
  for (const time of $$("time[data-relative]", root)) {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) || [];
    time.textContent = unit ? words.format(Math.round(seconds / size), unit) : say("now");
  }
}
