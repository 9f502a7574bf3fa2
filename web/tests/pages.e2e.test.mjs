// What holds for every page: who cannot see or hear is served, it is light, and it asks nobody but its own server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { captioning } from "./support/livecap.mjs";
import { isLive, launch, open, shows, skip } from "./support/browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const final = (text, more = {}) => ({ type: "final", text, ...more });
/** Packed, with everything that the page loads. */
const MOST_BYTES = 150_000;

describe("every page", { skip }, () => {
  let browser;

  before(async () => {
    browser = await launch();
  });

  after(() => browser?.close());

  for (const [name, path, options] of [
    ["captions, light", "/?colours=light", {}],
    ["captions, dark", "/?colours=dark&font=dyslexic", {}],
    ["captions, high contrast", "/?colours=contrast", {}],
    ["captions, dark by the system", "/", { colorScheme: "dark" }],
    ["captions, in the system's own colours", "/", { forcedColors: "active", reducedMotion: "reduce" }],
    ["captions, last lines on a phone", "/?view=lines", { viewport: { width: 390, height: 844 } }],
    ["overlay", "/overlay?status=on", {}],
    ["demo, light", "/demo", { colorScheme: "light" }],
    ["demo, dark", "/demo", { colorScheme: "dark" }],
  ]) {
    it(`has nothing that axe objects to: ${name}`, async (t) => {
      const server = await captioning(t, { second: [final("צהריים טובים לכולם.", { lang: "he", start: 1, end: 2 }), { type: "gap", start: 3, end: 5, why: "device" }] });
      const page = await open(t, browser, undefined, options);
      // axe is put into the page by the browser's own tools, past the policy that keeps everybody else's scripts out.
      await page.goto(server.url + path);
      await isLive(page);
      assert.deepEqual(await objections(page), [], "with nothing to show");
      await server.say(final("Good morning, everybody."), { type: "intermediate", text: "and now for someth", committed: "and now" });
      await page.waitForFunction(() => document.body.textContent.includes("and now for someth"));
      if (await page.isVisible("#open")) await page.click("#open");
      assert.deepEqual(await objections(page), [], "with captions, and its settings open");
    });
  }

  it("has nothing that axe objects to: captions, asking for a token", async (t) => {
    const server = await captioning(t, { broadcast: 'viewer-token-env = "VIEWERS"', env: { VIEWERS: "open sesame" } });
    const page = await open(t, browser, server.url);
    await page.waitForSelector("#admission:visible");
    assert.deepEqual(await objections(page), []);
  });

  for (const path of ["/", "/?font=dyslexic", "/overlay", "/overlay?font=dyslexic", "/demo"]) {
    it(`is light and asks nobody but its own server: ${path}`, async (t) => {
      const server = await captioning(t);
      const page = await open(t, browser);
      const asked = new Set();
      page.on("request", (it) => asked.add(it.url()));
      page.on("websocket", (it) => asked.add(it.url().replace(/^ws/, "http")));
      await page.goto(server.url + path);
      await isLive(page);
      await server.say(final("Good morning."));
      await page.waitForFunction(() => document.body.textContent.includes("Good morning."));
      if (path.includes("dyslexic")) await page.waitForFunction(() => [...document.fonts].every((it) => it.status === "loaded"));
      assert.deepEqual([...asked].filter((it) => new URL(it).origin !== server.url), []);
      const files = [...asked].filter((it) => !it.includes("/socket.io/"));
      assert.equal(files.some((it) => it.endsWith(".woff2")), path.includes("dyslexic"), "the font comes where it is chosen, and only there");
      const sizes = await Promise.all(files.map(packed));
      const sum = sizes.reduce((all, it) => all + it, 0);
      console.log(`${path}: ${files.length} files, ${sum} bytes`);
      assert.ok(sum <= MOST_BYTES, `${sum} bytes: ${files.map((it, at) => `${it} ${sizes[at]}`).join(", ")}`);
    });
  }

  it("is readable on paper, in the colours that the system wants, and without motion", async (t) => {
    const server = await captioning(t);
    await server.say(...Array.from({ length: 60 }, (_, at) => final(`Sentence number ${at + 1}, which fills a line or two of the page.`)));
    const page = await open(t, browser, `${server.url}/?view=lines&colours=contrast`);
    await shows(page, "number 60,");
    await page.emulateMedia({ media: "print" });
    const printed = await page.evaluate(() => ({
      whole: document.getElementById("scroller").clientHeight >= document.getElementById("captions").clientHeight,
      // The room that it had on the screen would be empty sheets.
      filled: document.getElementById("captions").getBoundingClientRect().bottom - document.querySelector(".caption:last-child").getBoundingClientRect().bottom < 1,
      hidden: ["open", "standing", "newest"].every((id) => document.getElementById(id).getClientRects().length === 0),
      paper: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.querySelector(".caption")).color,
    }));
    assert.deepEqual(printed, { whole: true, filled: true, hidden: true, paper: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)" });
    await page.emulateMedia({ media: "screen", forcedColors: "active", reducedMotion: "reduce" });
    await server.say({ type: "intermediate", text: "told apart by its li", committed: "told apart" });
    await shows(page, "by its li");
    const { line, moving } = await page.evaluate(() => ({
      line: getComputedStyle([...document.querySelectorAll('.caption[data-kind="partial"] .tail')].at(-1)).textDecorationLine,
      moving: document.getAnimations().length,
    }));
    assert.deepEqual([line, moving], ["underline", 0]);
    await isLive(page);
  });
});

async function objections(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => `${it.html} ${it.any.concat(it.all).map((check) => check.message).join("; ")}`).join("\n")}`);
}

/** What travels of a file, to a browser that takes it packed. */
async function packed(url) {
  const { createGunzip } = await import("node:zlib");
  const { get } = await import("node:http");
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "gzip" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (part) => (bytes += part.length));
      answer.on("end", () => (answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${answer.statusCode}`))));
      if (answer.headers["content-encoding"] === "gzip") answer.pipe(createGunzip()).resume().on("error", reject);
    }).on("error", reject);
  });
}
