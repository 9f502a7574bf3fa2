// The main job, watched in a real browser: the shipped demo runs, and its words appear, partial then final.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { watchWords } from "./support/moves.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const binary = process.env.LIVECAP_BINARY ?? join(target, "debug/livecap");
const reference = JSON.parse(readFileSync(join(root, "pipelines/demo.json"), "utf8")).text;
const browserPath = findBrowser();
const skip = browserPath ? false : "no Chromium on this machine; LIVECAP_CHROMIUM may name one";

// The recording lasts 24 s; the rest is for a machine that is busy with something else.
const UNTIL_STARTED_MS = 30_000;
const UNTIL_ENDED_MS = 90_000;
const UNTIL_STOPPED_MS = 20_000;
// The demo model's own error is below this.
const WORD_ERRORS_ALLOWED = 0.1;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

describe("the demo in a browser", { skip }, () => {
  let server, browser, captions, demo;
  const complaints = [];

  before(async () => {
    // The browser first: it must not miss the first sentence while it starts.
    browser = await chromium.launch({ executablePath: browserPath, args: FLAGS });
    try {
      captions = await opened("captions");
      demo = await opened("demo");
      await captions.addInitScript(recordCaptions);
      await captions.addInitScript(watchWords);
      server = await started();
      await Promise.all([captions.goto(server.url), demo.goto(new URL("/demo", server.url).href)]);
    } catch (error) {
      // Where `before` fails Node.js 18 leaves `after` out, and a browser left open would hold up the run for ever.
      await close();
      throw error;
    }
  });

  after(close);

  it("shows a partial while somebody speaks", async () => {
    await captions.waitForSelector('.caption[data-kind="partial"]', { timeout: UNTIL_STARTED_MS });
    await photograph(captions, "captions-partial.png");
  });

  it("says so when the recording has ended, and leaves nothing open", async () => {
    await captions.waitForSelector('html[data-standing="ended"]', { timeout: UNTIL_ENDED_MS });
    assert.equal(await captions.textContent("#standing"), "ended");
    assert.equal(await captions.locator('.caption[data-kind="partial"]').count(), 0);
    const { moved, seen } = await captions.evaluate(() => window.wordsMoved);
    assert.deepEqual(moved, [], "no settled word has moved, but up");
    assert.ok(seen > words(reference).length / 2, `${seen} words were watched`);
    await photograph(captions, "captions-ended.png");
    await captions.setViewportSize({ width: 390, height: 800 });
    await photograph(captions, "captions-phone.png");
  });

  it("ends with the words of the reference, within the model's own error", async () => {
    const text = (await finals()).join(" ");
    const errors = wordErrors(reference, text);
    console.log(`word errors: ${(errors * 100).toFixed(1)} % of ${words(reference).length}`);
    assert.ok(errors <= WORD_ERRORS_ALLOWED, `${errors} of the words are wrong\nreference: ${reference}\nread:      ${text}`);
  });

  it("showed each sentence partial first, then final, and never changed what was committed", async () => {
    const seen = await captions.evaluate(() => window.seenCaptions);
    const segments = new Map();
    for (const it of seen) segments.set(it.key, [...(segments.get(it.key) ?? []), it]);
    assert.ok([...segments.values()].some((updates) => updates[0].kind === "partial" && updates.at(-1).kind === "final"));
    for (const updates of segments.values()) {
      updates.reduce((before, now) => {
        assert.ok(now.committed.startsWith(before.committed.trimEnd()), `${JSON.stringify(before)} became ${JSON.stringify(now)}`);
        assert.ok(before.kind === "partial", `${JSON.stringify(now)} came after a final`);
        return now;
      });
    }
  });

  it("shows all of it to a reader who comes when it is over", async () => {
    const late = await opened("late");
    await late.goto(server.url);
    await late.waitForSelector('html[data-standing="ended"]', { timeout: UNTIL_STARTED_MS });
    await late.waitForFunction((count) => document.querySelectorAll(".caption").length === count, (await finals()).length);
    assert.deepEqual(await finals(late), await finals());
    await late.close();
  });

  it("reaches a plain client with the same finals", async () => {
    const heard = (await demo.locator("li.final .data").allTextContents()).reverse();
    const read = await finals();
    assert.ok(heard.length > 0);
    // A plain client is told nothing of what was said before it came.
    assert.deepEqual(heard, read.slice(read.length - heard.length));
    assert.ok((await demo.locator("li.intermediate").count()) > 0);
    await photograph(demo, "demo.png");
  });

  it("has npm's own client at its old address, a strict policy, and nothing at unknown paths", async () => {
    const client = await fetch(new URL("/sio.js/socket.io.js", server.url));
    const original = readFileSync(join(root, "web/node_modules/socket.io-client/dist/socket.io.min.js"));
    assert.ok(Buffer.from(await client.arrayBuffer()).equals(original));
    for (const path of ["/", "/overlay", "/demo"]) {
      const policy = (await fetch(new URL(path, server.url))).headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/, path);
      assert.doesNotMatch(policy, /unsafe/, path);
    }
    assert.equal((await fetch(new URL("/nothing-here", server.url))).status, 404);
  });

  it("gave the browser nothing to complain about", () => {
    assert.deepEqual(complaints, []);
  });

  it("stays up until it is told to stop, and then ends with 0", async () => {
    assert.equal(server.process.exitCode, null);
    server.process.kill("SIGINT");
    assert.equal(await within(server.exit, UNTIL_STOPPED_MS, "livecap did not stop"), 0);
  });

  async function close() {
    server?.process.kill("SIGKILL");
    await browser?.close();
  }

  async function opened(name) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
    page.on("console", (it) => ["error", "warning"].includes(it.type()) && complaints.push(`${name}: ${it.text()}`));
    page.on("pageerror", (it) => complaints.push(`${name}: ${it}`));
    return page;
  }

  async function finals(page = captions) {
    const lines = await page.locator('.caption[data-kind="final"]:visible').allTextContents();
    return lines.map((line) => line.trim());
  }
});

/** Runs in the page, before anything else does: keeps every state of every caption that the reader could have seen. */
function recordCaptions() {
  window.seenCaptions = [];
  const last = new Map();
  const look = () => {
    for (const it of document.querySelectorAll(".caption[data-key]")) {
      const now = { key: it.dataset.key, kind: it.dataset.kind, text: it.textContent, committed: it.querySelector(".committed").textContent };
      if (last.get(now.key) === JSON.stringify(now)) continue;
      last.set(now.key, JSON.stringify(now));
      window.seenCaptions.push(now);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

/** The binary on a port that the system chose, which it names on standard error. */
async function started() {
  const env = { ...process.env, LIVECAP_HOST: "127.0.0.1", LIVECAP_PORT: "0" };
  const child = spawn(binary, ["run", "pipelines/demo.toml"], { cwd: root, env: { ...env, LIVECAP_MODELS: tmpdir() }, stdio: ["ignore", "ignore", "pipe"] });
  const said = [];
  const exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`livecap ended before it listened:\n${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const address = /listening.*?(http:\/\/[\w.:-]+)/.exec(line);
      if (address) resolve(address[1]);
    });
  });
  try {
    return { process: child, exit, url: await within(url, UNTIL_STARTED_MS, () => `livecap named no address:\n${said.join("\n")}`) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function within(promise, ms, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${typeof message === "string" ? message : message()} (${ms} ms)`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function photograph(page, name) {
  const folder = join(target, "screenshots");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}

function words(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}'\s]/gu, " ").split(/\s+/).filter(Boolean);
}

/** Substituted, deleted and inserted words for each word of the reference. */
function wordErrors(wanted, read) {
  const [gold, mine] = [words(wanted), words(read)];
  let row = mine.map((_, at) => at + 1);
  row.unshift(0);
  gold.forEach((word, at) => {
    const next = [at + 1];
    mine.forEach((other, column) => {
      next.push(Math.min(next[column] + 1, row[column + 1] + 1, row[column] + (word === other ? 0 : 1)));
    });
    row = next;
  });
  return row[mine.length] / gold.length;
}

function findBrowser() {
  const named = process.env.LIVECAP_CHROMIUM;
  if (named) return named;
  const places = (process.env.PATH ?? "").split(delimiter).flatMap((folder) =>
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map((name) => join(folder, name)),
  );
  places.push("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium");
  return places.find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
