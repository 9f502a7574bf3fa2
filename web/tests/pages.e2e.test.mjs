// What holds for every page: it is accessible, small, and requests nothing from other servers.
import assert from "node:assert/strict";
import { get } from "node:http";
import { describe, it } from "node:test";
import { createGunzip } from "node:zlib";
import { isAccessible } from "./support/accessibility.mjs";
import { PHONE, fontsAreLoaded, isLive, shows, skip, useBrowser } from "./support/browser.mjs";
import { final, finalsOf, partial } from "./support/events.mjs";
import { captioning } from "./support/livecap.mjs";

/** Compressed, with everything that a first visit loads. */
const MOST_BYTES = 60_000;
/** The font for readers with dyslexia, where it is chosen. */
const MOST_FONT_BYTES = 120_000;

describe("every page", { skip }, () => {
  const { open } = useBrowser();

  for (const [name, path, options] of [
    ["captions, light", "/?colours=light", {}],
    ["captions, dark", "/?colours=dark&font=dyslexic", {}],
    ["captions, high contrast", "/?colours=contrast", {}],
    ["captions, dark by the system", "/", { colorScheme: "dark" }],
    ["captions, in the system's own colours", "/", { forcedColors: "active", reducedMotion: "reduce" }],
    ["captions, last lines on a phone", "/?view=lines", { viewport: PHONE }],
    ["overlay", "/overlay?status=on", {}],
    ["demo, light", "/demo", { colorScheme: "light" }],
    ["demo, dark", "/demo", { colorScheme: "dark" }],
  ]) {
    it(`passes axe-core: ${name}`, async (t) => {
      const server = await captioning(t, { second: [final("צהריים טובים לכולם.", { lang: "he", start: 1, end: 2 }), { type: "gap", start: 3, end: 5, why: "device" }] });
      const page = await open(t, server.url + path, options);
      await isLive(page);
      await isAccessible(page, "with nothing to show");
      await server.say(final("Good morning, everybody."), partial("and now for someth", "and now"));
      await page.waitForFunction(() => document.body.textContent.includes("and now for someth"));
      if (await page.isVisible("#open")) await page.click("#open");
      await isAccessible(page, "with captions, and its settings open");
    });
  }

  it("passes axe-core: captions, asking for a token", async (t) => {
    const server = await captioning(t, { broadcast: 'viewer-token-env = "VIEWERS"', env: { VIEWERS: "open sesame" } });
    const page = await open(t, server.url);
    await page.waitForSelector("#admission:visible");
    await isAccessible(page, "the form for a token");
  });

  for (const path of ["/", "/?ui=ar", "/?font=dyslexic", "/overlay", "/overlay?font=dyslexic", "/demo"]) {
    it(`is small and requests nothing from other servers: ${path}`, async (t) => {
      const server = await captioning(t);
      const page = await open(t, server.url + path);
      await isLive(page);
      await server.say(final("Good morning."));
      await page.waitForFunction(() => document.body.textContent.includes("Good morning."));
      if (path.includes("dyslexic")) await fontsAreLoaded(page);
      const requests = [...new Set(page.requests)];
      assert.deepEqual(requests.filter((it) => new URL(it).origin !== server.url), []);
      const files = requests.filter((it) => !it.includes("/socket.io/"));
      assert.equal(files.some((it) => it.endsWith(".woff2")), path.includes("dyslexic"), "the font comes where it is chosen, and only there");
      const sizes = await Promise.all(files.map(packed));
      const sumOf = (isFont) => sizes.reduce((all, it, at) => (files[at].endsWith(".woff2") === isFont ? all + it : all), 0);
      const [sum, font] = [sumOf(false), sumOf(true)];
      console.log(`${path}: ${files.length} files, ${sum} bytes and ${font} of fonts`);
      assert.ok(sum <= MOST_BYTES && font <= MOST_FONT_BYTES, `${sum} bytes: ${files.map((it, at) => `${it} ${sizes[at]}`).join(", ")}`);
    });
  }

  it("is readable on paper, in the colours that the system wants, and without motion", async (t) => {
    const server = await captioning(t);
    await server.say(...finalsOf(60, (number) => `Sentence number ${number}, which fills a line or two of the page.`));
    const page = await open(t, `${server.url}/?view=lines&colours=contrast`);
    await shows(page, "number 60,");
    await page.emulateMedia({ media: "print" });
    const printed = await page.evaluate(() => ({
      whole: document.getElementById("scroller").clientHeight >= document.getElementById("captions").clientHeight,
      // The height that was reserved on the screen would be empty sheets.
      filled: document.getElementById("captions").getBoundingClientRect().bottom - document.querySelector(".caption:last-child").getBoundingClientRect().bottom < 1,
      hidden: ["open", "status", "newest"].every((id) => document.getElementById(id).getClientRects().length === 0),
      paper: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.querySelector(".caption")).color,
    }));
    assert.deepEqual(printed, { whole: true, filled: true, hidden: true, paper: "rgb(255, 255, 255)", ink: "rgb(0, 0, 0)" });
    await page.emulateMedia({ media: "screen", forcedColors: "active", reducedMotion: "reduce" });
    await server.say(partial("told apart by its li", "told apart"));
    await shows(page, "by its li");
    const { line, moving } = await page.evaluate(() => ({
      line: getComputedStyle([...document.querySelectorAll('.caption[data-kind="partial"] .tail')].at(-1)).textDecorationLine,
      moving: document.getAnimations().length,
    }));
    assert.deepEqual([line, moving], ["underline", 0]);
    await isLive(page);
  });
});

/** How many bytes a file has as it is sent, to a browser that accepts gzip. */
function packed(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "gzip" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (part) => (bytes += part.length));
      answer.on("end", () => (answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${answer.statusCode}`))));
      if (answer.headers["content-encoding"] === "gzip") answer.pipe(createGunzip()).resume().on("error", reject);
    }).on("error", reject);
  });
}
