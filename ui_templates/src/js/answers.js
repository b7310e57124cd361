/* Answers overtake one another, and what somebody does overtakes them. An answer that draws the whole page is shown when it
   was asked for last and nothing was changed here since it was asked for; the last one is asked for anew otherwise. */
import { $, ask } from "./dom.js";

let moment = 0; // counts what was asked for and what was changed, in one order
let latest = 0; // when the page was asked for last
let changed = 0; // when the last change ended
let changing = 0; // changes that have begun and not ended
let refused; // the answer to the last question, when it came too early or was drawn before a change

export const drawAnew = (path, options) => ask("GET", path, "#main", { ...options, source: "#main" });

function askAnew() {
  if (changing || !refused) return;
  const { request, push, replace } = refused;
  refused = undefined;
  drawAnew(request.action, { push, replace });
}

/* Something is being changed here, such as a card that is carried, or a move that the server has not answered yet: the page
   stays as it is until the function that comes back is called. */
export function hold() {
  changing += 1;
  return () => {
    changing -= 1;
    moment += 1;
    changed = moment;
    askAnew();
  };
}

const drawsThePage = ({ request, target }) => request?.method === "GET" && target?.id === "main";

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (!drawsThePage(ctx)) return;
  moment += 1;
  ctx.asked = moment;
  latest = moment;
});
/* Listens before the others: what is not shown closes no menu. */
document.addEventListener(
  "htmx:before:swap",
  (event) => {
    const { ctx } = event.detail;
    if (!drawsThePage(ctx) || (ctx.asked === latest && ctx.asked > changed && !changing)) return;
    event.preventDefault();
    event.stopPropagation();
    if (ctx.asked < latest) return;
    refused = ctx;
    askAnew();
  },
  true,
);
document.addEventListener("reload", () => drawAnew(location.pathname + location.search));
