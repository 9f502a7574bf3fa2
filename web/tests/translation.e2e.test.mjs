// The demo in English and Spanish, in a real browser, translated by Apertium on this machine.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { accessSync, constants, readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const binary = process.env.LIVECAP_BINARY ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/livecap");
const PAIRS = "/usr/share/apertium";
const apertium = onPath("apertium-apy");
const browserPath =
  process.env.LIVECAP_CHROMIUM ?? ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(onPath).find(Boolean);
const skip = !browserPath
  ? "no Chromium on this machine; LIVECAP_CHROMIUM may name one"
  : !apertium || !isReadable(join(PAIRS, "modes/eng-spa.mode"))
    ? "apertium-apy with English and Spanish is not installed"
    : false;

// The recording lasts 24 s; the rest is for a machine that is busy with something else.
const UNTIL_STARTED_MS = 30_000;
const UNTIL_ENDED_MS = 90_000;

describe("the demo in English and Spanish", { skip }, () => {
  let translator, livecap, browser, english, spanish, url, folder;

  before(async () => {
    try {
      browser = await chromium.launch({ executablePath: browserPath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
      const port = await freePort();
      translator = spawn(apertium, ["-p", String(port), "-j", "1", PAIRS], { stdio: "ignore" });
      await listening(port);
      folder = mkdtempSync(join(tmpdir(), "livecap-"));
      const file = join(folder, "demo.toml");
      const shipped = readFileSync(join(root, "pipelines/demo-spanish.toml"), "utf8");
      writeFileSync(
        file,
        shipped.replace('"demo.flac"', JSON.stringify(join(root, "pipelines/demo.flac"))).replace("127.0.0.1:2737", `127.0.0.1:${port}`),
      );
      livecap = spawn(binary, ["run", file], { cwd: root, env: { ...process.env, LIVECAP_MODELS: tmpdir(), LIVECAP_HOST: "127.0.0.1", LIVECAP_PORT: "0" }, stdio: ["ignore", "ignore", "pipe"] });
      url = await address(livecap);
      [english, spanish] = await Promise.all([browser.newPage(), browser.newPage()]);
      await spanish.addInitScript(keepTexts);
      await Promise.all([english.goto(url), spanish.goto(new URL("/?lang=es", url).href)]);
    } catch (error) {
      await close();
      throw error;
    }
  });

  after(close);

  it("offers Spanish, and shows each reader the language chosen", async () => {
    await Promise.all(
      [english, spanish].map((page) => page.waitForSelector('html[data-standing="ended"]', { timeout: UNTIL_STARTED_MS + UNTIL_ENDED_MS })),
    );
    assert.deepEqual(await english.locator("#language option").evaluateAll((all) => all.map((it) => it.value)), ["", "es"]);
    const [original, translated] = await Promise.all([texts(english), texts(spanish)]);
    assert.ok(original.length >= 5);
    assert.equal(translated.length, original.length, "each sentence has its translation");
    assert.match(original.join(" "), /\bthe train\b/i);
    assert.match(translated.join(" "), /\bel tren\b/i);
    assert.equal(await spanish.locator('.caption[lang="es"]').count(), translated.length);
    await spanish.screenshot({ path: join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "screenshots/captions-spanish.png") });
  });

  it("never took back a word that it had shown in Spanish", async () => {
    const seen = await spanish.evaluate(() => window.seenTexts);
    for (const states of Object.values(seen)) {
      states.reduce((before, now) => {
        assert.ok(now.startsWith(before), `${before} became ${now}`);
        return now;
      });
    }
  });

  it("says how long each translation took", async () => {
    const state = await (await fetch(new URL("/api/state", url))).json();
    const stage = state.stages.find((it) => it.name === "spanish");
    assert.ok(stage.counts.translated >= 5);
    assert.equal(stage.counts.untranslated, undefined);
  });

  it("changes the language of what is on the screen when the reader does", async () => {
    await english.selectOption("#language", "es");
    await english.waitForFunction((count) => document.querySelectorAll('.caption[lang="es"]').length === count, (await texts(spanish)).length);
    assert.deepEqual(await texts(english), await texts(spanish));
    assert.equal(new URL(english.url()).search, "?lang=es");
  });

  it("shows the original beside it where the reader wants both", async () => {
    const translated = await texts(english);
    // A key that is pressed in a field is the field's.
    await english.evaluate(() => document.activeElement.blur());
    await english.keyboard.press("o");
    await english.waitForFunction((count) => document.querySelectorAll('.original[lang="en"]:not([hidden])').length === count, translated.length);
    assert.match((await english.locator(".original").allTextContents()).join(" "), /\bthe train\b/i);
    assert.deepEqual((await english.locator(".caption .words").allTextContents()).map((it) => it.trim()), translated);
  });

  async function close() {
    livecap?.kill("SIGKILL");
    translator?.kill("SIGKILL");
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
});

/** Runs in the page: every text that was shown in Spanish, by segment. */
function keepTexts() {
  window.seenTexts = {};
  new MutationObserver(() => {
    for (const it of document.querySelectorAll('.caption[lang="es"]')) {
      const states = (window.seenTexts[it.dataset.key] ??= []);
      const text = it.textContent.trim();
      if (states.at(-1) !== text) states.push(text);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

async function texts(page) {
  return (await page.locator('.caption[data-kind="final"]:visible').allTextContents()).map((line) => line.trim());
}

function address(child) {
  return new Promise((resolve, reject) => {
    const said = [];
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`livecap ended before it listened:\n${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const found = /listening.*?(http:\/\/[\w.:-]+)/.exec(line);
      if (found) resolve(found[1]);
    });
  });
}

/** apertium-apy takes no port 0: this one was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function listening(port) {
  const until = Date.now() + UNTIL_STARTED_MS;
  while (!(await reached(port))) {
    if (Date.now() > until) throw new Error("apertium-apy does not listen");
  }
}

function reached(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (there) => {
      socket.destroy();
      // A refusal comes at once; the next try need not.
      setTimeout(() => resolve(there), there ? 0 : 50);
    };
    socket.once("connect", () => done(true)).once("error", () => done(false));
  });
}

function onPath(name) {
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isReadable(path) {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
