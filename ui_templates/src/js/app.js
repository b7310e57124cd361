/* Everything the browser runs. No framework: the server draws, these files only add what HTML cannot say. */
import { arrange } from "./arrange.js";
import "./answers.js";
import "./dialogs.js";
import "./menus.js";
import "./toasts.js";
import "./board.js";
import "./calendar.js";
import "./lookup.js";
import "./filters.js";
import "./lines.js";
import { previewWhileTyping } from "./designer.js";
import { prepareComposer, restoreDrafts } from "./forms.js";
import "./lists.js";
import "./palette.js";
import "./keys.js";
import { nameKeys } from "./shell.js";
import { tellTimes } from "./times.js";

function settle() {
  tellTimes();
  nameKeys();
  arrange();
  prepareComposer();
  restoreDrafts();
}
settle();
previewWhileTyping();
document.addEventListener("htmx:after:swap", settle);
setInterval(tellTimes, 60000);
