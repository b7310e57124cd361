/* The YAML editor of the studio: keys and values are offered by the server, problems stand where they are.
   It lives in a shadow root, so that its styles are adopted sheets and the page's strict policy holds. */
import {
  EditorState,
  EditorView,
  HighlightStyle,
  acceptCompletion,
  autocompletion,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  defaultKeymap,
  drawSelection,
  foldGutter,
  highlightActiveLine,
  history,
  historyKeymap,
  indentUnit,
  indentWithTab,
  keymap,
  lineNumbers,
  lintGutter,
  lintKeymap,
  linter,
  selectedCompletion,
  syntaxHighlighting,
  tags,
  yaml,
} from "./vendor_codemirror.js";

const WAIT = 500; // ms after the last key before the document is checked

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--sunken)", fontSize: "13px", borderRadius: "6px" },
  "&.cm-focused": { outline: "2px solid var(--brand)", outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", maxHeight: "62vh", minHeight: "320px" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--text-3)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--brand-soft)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--overlay)",
    color: "var(--text)",
    border: "1px solid var(--line-2)",
    borderRadius: "8px",
    boxShadow: "var(--shadow-2)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--brand-fill)", color: "#fff" },
  ".cm-completionDetail": { color: "var(--text-3)", fontStyle: "normal", fontFamily: "var(--font)", marginLeft: "1em" },
  "li[aria-selected] .cm-completionDetail": { color: "#fff" },
  ".cm-diagnostic": { fontFamily: "var(--font)", padding: "6px 10px", whiteSpace: "normal", maxWidth: "60ch" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--brand-text)" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--text-3)" },
  { tag: [tags.keyword, tags.bool, tags.null, tags.number], color: "var(--warn)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--text-2)" },
]);

function ask(area, path, state, more) {
  const form = area.form;
  const body = new URLSearchParams({ file: form.elements.file.value, text: state.doc.toString(), ...more });
  const headers = { "X-CSRFToken": form.elements.csrf_token.value };
  return fetch(`${form.action}/${path}`, { method: "POST", body, headers }).then((said) =>
    said.ok ? said.json() : [],
  );
}

function offering(area) {
  return async (context) => {
    const word = context.matchBefore(/[\w.-]*/);
    const line = context.state.doc.lineAt(context.pos);
    const empty = word.from === word.to;
    if (empty && !context.explicit && !/[{,[]$|[:\-{,[] $/.test(line.text.slice(0, context.pos - line.from))) return null;
    const place = { line: line.number - 1, column: context.pos - line.from };
    const options = await ask(area, "complete", context.state, place);
    return options.length ? { from: word.from, options, validFor: /^[\w.-]*$/ } : null;
  };
}

function checking(area) {
  return async (view) => {
    if (!view.state.doc.toString().trim()) return [];
    const problems = await ask(area, "check", view.state, {});
    return problems.map(({ line, column, text }) => {
      const at = view.state.doc.line(Math.min(line, view.state.doc.lines));
      const from = Math.min(at.from + column - 1, at.to);
      const word = /^[\w.'"-]*/.exec(at.text.slice(from - at.from))[0];
      return { from, to: Math.min(from + Math.max(word.length, 1), at.to), severity: "error", message: text };
    });
  };
}

/* Enter takes what is offered, but for a word that is written out already: there it begins a line. */
function enter(view) {
  const chosen = selectedCompletion(view.state);
  const { head } = view.state.selection.main;
  if (!chosen || view.state.sliceDoc(head - chosen.label.length, head) !== chosen.label) return acceptCompletion(view);
  closeCompletion(view);
  return false;
}

for (const area of document.querySelectorAll("textarea[data-editor]")) {
  const host = document.createElement("div");
  host.className = "editor";
  area.after(host);
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        indentUnit.of("  "),
        yaml(),
        syntaxHighlighting(colours),
        theme,
        autocompletion({ override: [offering(area)], icons: false, defaultKeymap: false, activateOnTypingDelay: 150 }),
        linter(checking(area), { delay: WAIT }),
        keymap.of([
          { key: "Enter", run: enter },
          ...completionKeymap.filter((one) => one.key !== "Enter"),
          ...closeBracketsKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        EditorView.contentAttributes.of({ "aria-label": area.labels[0]?.textContent ?? "", spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  area.hidden = true;
  area.labels[0]?.addEventListener("click", () => view.focus());
}
