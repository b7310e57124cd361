/* Builds ../static/dist from the sources beside this file. Needed only by who changes a style, a script or the
   icon list: the built files are committed, so running the product needs no Node.

   Every built file carries a hash of its content in its name, so that browsers may keep it for ever;
   manifest.json says which name is current. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../static/dist");
const npm = (path) => join(here, "node_modules", path);
const read = (path) => readFileSync(path, "utf8");
const manifest = {};

function keep(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const dot = name.lastIndexOf(".");
  manifest[name] = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
  writeFileSync(join(dist, manifest[name]), content);
}

async function bundle(entry, options) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    legalComments: "none",
    target: ["chrome123", "safari17.5", "firefox128"],
    ...options,
  });
  return result.outputFiles[0].text;
}

/* One symbol per icon, so that a page names an icon as icons.svg#phone. */
function sprite() {
  const symbols = read(join(here, "icons.txt"))
    .split("\n")
    .filter(Boolean)
    .sort()
    .map((name) => {
      const body = read(npm(`lucide-static/icons/${name}.svg`)).match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1];
      return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "")}</symbol>`;
    });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
keep("inter.woff2", readFileSync(npm("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2")));
keep("icons.svg", sprite());
keep(
  "htmx.js",
  ["htmx.min.js", "ext/hx-sse.min.js", "ext/hx-upsert.min.js", "ext/hx-preload.min.js"]
    .map((file) => read(npm(`htmx.org/dist/${file}`)).replace(/\n?\/\/# sourceMappingURL=.*\n?/, "\n"))
    .join(""),
);
keep(
  "app.css",
  (await bundle("css/app.css", { external: ["*.woff2"] })).replaceAll("inter.woff2", manifest["inter.woff2"]),
);
keep("early.js", await bundle("js/early.js", { format: "iife" }));
keep("app.js", await bundle("js/app.js", { format: "iife" }));
keep("form.js", await bundle("js/form.js", { format: "iife" }));
keep("embed.js", await bundle("js/embed.js", { format: "iife" }));
keep("editor.js", await bundle("js/editor.js", { format: "iife" }));
/* Who made what is carried along, word for word. */
const carried = [
  ["htmx", "htmx.org/LICENSE"],
  ["SortableJS", "sortablejs/LICENSE"],
  ["tinykeys", "tinykeys/LICENSE"],
  ["Lucide icons", "lucide-static/LICENSE"],
  ["Inter", "@fontsource-variable/inter/LICENSE"],
];
writeFileSync(
  join(dist, "../LICENSES.txt"),
  carried
    .map(([name, file]) => {
      const { version } = JSON.parse(read(npm(file.replace("LICENSE", "package.json"))));
      return `${name} ${version}\n${"=".repeat(60)}\n\n${read(npm(file)).trim()}\n`;
    })
    .concat(read(join(here, "vendor/LICENSE.txt")))
    .join("\n\n"),
);
/* What this was built from, so that a test without Node can tell built files that are behind their sources. */
const sources = ["css", "js"].flatMap((folder) => readdirSync(join(here, folder)).map((file) => `${folder}/${file}`));
const digest = createHash("sha256");
for (const file of [...sources, "build.mjs", "icons.txt", "package-lock.json"].sort()) {
  digest.update(`${file}\0`).update(readFileSync(join(here, file)));
}
writeFileSync(join(dist, "sources.sha256"), `${digest.digest("hex")}\n`);
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(Object.values(manifest).join("\n"));
