// Builds the pages into dist/, which the binary embeds; with --tests the unit tests into ../target/web-tests.
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const web = dirname(fileURLToPath(import.meta.url));

// Each page's HTML, and the script and style of one name that it loads.
const PAGES = {
  "index.html": "captions",
  "join.html": "join",
  "overlay.html": "overlay",
  "builder.html": "builder",
  "demo.html": "demo",
  "operator.html": "operator",
  "speak.html": "speak",
  "archive.html": "archive",
};
/** Scripts of threads beside the page's, each of which one page loads. */
const THREADS = ["speak-worker", "speak-worklet"];
// Served unchanged: npm's own client, and a font whose licence (OFL) asks for another name after changes.
const TAKEN = {
  "sio.js/socket.io.js": "socket.io-client/dist/socket.io.min.js",
  "opendyslexic.woff2": "@fontsource/opendyslexic/files/opendyslexic-latin-400-normal.woff2",
};
const PACKED = /\.(html|js|css|svg|json)$/;

// The texts of the pages. English is in the scripts; the other languages are files that are loaded alone.
const texts = join(web, "src/texts");
const languages = readdirSync(texts).map((name) => name.replace(/\.json$/, "")).sort();
const english = JSON.parse(readFileSync(join(texts, "en.json"), "utf8"));
const define = { PAGE_LANGUAGES: JSON.stringify(languages), PAGE_TEXTS: '"texts"' };

// Readers load no texts of the speakers' page or the archive, and those none of the readers' settings. Each has files of its own.
const isOf = (page) => (key) => key.startsWith(`${page}.`);
const [isOfSpeakers, isOfArchive] = ["speak", "archive"].map(isOf);
const CATALOGUES = {
  texts: (key) => !isOfSpeakers(key) && !isOfArchive(key),
  "texts/archive": (key) => isOfArchive(key) || ["admission.", "gap.", "page.", "settings.download"].some((it) => key.startsWith(it)),
  "texts/speak": (key) => isOfSpeakers(key) || ["status.", "why.", "page.", "settings.title"].some((it) => key.startsWith(it)),
};
const chosen = (catalogue, fits) => Object.fromEntries(Object.entries(catalogue).filter(([key]) => fits(key)));
/** Puts the English texts that fit into the scripts. */
const englishThat = (fits) => ({
  name: "texts",
  setup: (it) => it.onLoad({ filter: /texts[\\/]en\.json$/ }, () => ({ contents: JSON.stringify(chosen(english, fits)), loader: "json" })),
});

if (process.argv.includes("--tests")) await buildTests();
else await buildPages();

async function buildPages() {
  // Built aside and moved into place, so that a cargo build never embeds half of it.
  const aside = join(web, "dist.new");
  await rm(aside, { recursive: true, force: true });
  await mkdir(join(aside, "sio.js"), { recursive: true });
  for (const [folder, fits] of Object.entries(CATALOGUES)) {
    const names = Object.values(PAGES).filter((name) => (`texts/${name}` in CATALOGUES ? `texts/${name}` : "texts") === folder);
    const files = [...names.flatMap((name) => [`${name}.ts`, `${name}.css`]), ...(names.includes("speak") ? THREADS.map((name) => `${name}.ts`) : [])];
    await build({
      entryPoints: files.map((it) => join(web, "src", it)),
      outdir: aside,
      bundle: true,
      format: "iife",
      target: ["es2022"],
      external: ["*.woff2", "*.svg"],
      define: { ...define, PAGE_TEXTS: JSON.stringify(folder) },
      plugins: [englishThat(fits)],
      minify: true,
      charset: "utf8",
      logLevel: "warning",
    });
  }
  for (const name of [...Object.keys(PAGES), "icon.svg", "sample.svg"]) {
    // Without the indentation, which would be a twentieth of what travels.
    const text = withHead(await readFile(join(web, "src", name), "utf8"));
    await writeFile(join(aside, name), inEnglish(name, text).replace(/\n\s+/g, "\n"));
  }
  for (const [folder, fits] of Object.entries(CATALOGUES)) {
    await mkdir(join(aside, folder), { recursive: true });
    for (const lang of languages.filter((it) => it !== "en")) {
      const catalogue = JSON.parse(await readFile(join(texts, `${lang}.json`), "utf8"));
      await writeFile(join(aside, folder, `${lang}.json`), JSON.stringify(chosen(catalogue, fits)));
    }
  }
  for (const [name, from] of Object.entries(TAKEN)) await copyFile(join(web, "node_modules", from), join(aside, name));
  await pack(aside);
  await rm(join(web, "dist"), { recursive: true, force: true });
  await rename(aside, join(web, "dist"));
}

/** What the heads of readers' pages have in common stands in one place: `<!-- head KEY NAME -->`, with the text that is the title. */
function withHead(html) {
  return html.replace(/<!-- head (\S+) (\S+) -->/, (_, title, name) => readFileSync(join(web, "src/head.html"), "utf8").trim().replaceAll("TITLE", title).replaceAll("NAME", name));
}

/** The page with its English texts: of elements with `data-text`, and as `aria-label` of those with `data-label`. */
function inEnglish(name, html) {
  const textOf = (key) => {
    if (typeof english[key] !== "string") throw new Error(`src/${name}: texts/en.json has no text "${key}"`);
    return english[key].replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
  };
  return html
    .replace(/(<[^>]*\bdata-text="([^"]+)"[^>]*>)[^<]*/g, (_, tag, key) => tag + textOf(key))
    .replace(/data-label="([^"]+)"/g, (it, key) => `${it} aria-label="${textOf(key)}"`);
}

/** Writes a compressed file beside each text, so that the server need not compress. */
async function pack(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await pack(path);
    else if (PACKED.test(entry.name)) await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
  }
}

async function buildTests() {
  const outdir = join(web, "../target/web-tests");
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: readdirSync(join(web, "tests"))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(web, "tests", name)),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    define,
    format: "esm",
    target: ["node18"],
    sourcemap: "inline",
    logLevel: "warning",
  });
}
