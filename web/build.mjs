// Builds the pages into dist/, which the binary embeds; with --tests the unit tests into ../target/web-tests.
import { build } from "esbuild";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(fileURLToPath(import.meta.url));

if (process.argv.includes("--tests")) await buildTests();
else await buildPages();

async function buildPages() {
  // Built aside and moved into place, so that a cargo build never embeds half of it.
  const aside = join(web, "dist.new");
  await rm(aside, { recursive: true, force: true });
  await mkdir(join(aside, "sio.js"), { recursive: true });
  await build({
    entryPoints: ["captions.ts", "demo.ts", "operator.ts", "captions.css", "demo.css", "operator.css"].map((name) => join(web, "src", name)),
    outdir: aside,
    bundle: true,
    format: "iife",
    target: ["es2021"],
    minify: true,
    charset: "utf8",
    logLevel: "warning",
  });
  for (const name of ["index.html", "demo.html", "operator.html", "icon.svg"]) await copyFile(join(web, "src", name), join(aside, name));
  // Byte for byte: whoever knows the path from the Python demo gets npm's own file.
  await copyFile(join(web, "node_modules/socket.io-client/dist/socket.io.min.js"), join(aside, "sio.js/socket.io.js"));
  await rm(join(web, "dist"), { recursive: true, force: true });
  await rename(aside, join(web, "dist"));
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
    format: "esm",
    target: ["node18"],
    sourcemap: "inline",
    logLevel: "warning",
  });
}
