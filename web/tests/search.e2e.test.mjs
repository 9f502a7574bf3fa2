// The search in this talk, in a real browser: hits are counted, marked and led to, while captions go on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { DESKTOP, PHONE, isLive, pxFromEnd, shows, skip, tells, useBrowser } from "./support/browser.mjs";
import { final, finalsOf } from "./support/events.mjs";
import { captioning } from "./support/livecap.mjs";

describe("the search in this talk", { skip }, () => {
  const { open } = useBrowser();

  for (const [name, viewport] of [["on a phone", PHONE], ["on a desktop", DESKTOP]]) {
    it(`counts, marks and shows hits, and keeps the reader's place while captions go on, ${name}`, async (t) => {
      const server = await captioning(t);
      await server.say(...finalsOf(60, (at) => (at % 20 === 5 ? `A Café for number ${at}.` : `Sentence ${at} of a long talk, with a few more words.`), (at) => ({ start: at * 5, end: at * 5 + 1 })));
      const page = await open(t, server.url, { viewport });
      await isLive(page);
      await shows(page, "Sentence 60");
      await page.keyboard.press("/");
      await page.keyboard.type("cafe");
      await tells(page, "#found", /^3 of 3$/);
      assert.equal(await page.inputValue("#wanted"), "cafe", "the key that opens the field is not typed into it");
      await inView(page, "number 45");
      assert.deepEqual(await marked(page), { hits: ["Café", "Café"], hit: ["Café"] });
      await isAccessible(page, "with a search open");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));

      await page.keyboard.press("Enter");
      await tells(page, "#found", /^1 of 3$/);
      await inView(page, "number 5.");
      await page.keyboard.press("Shift+Enter");
      await page.keyboard.press("Shift+Enter");
      await tells(page, "#found", /^2 of 3$/);
      await inView(page, "number 25");

      // New captions are counted, and move nothing.
      const before = await topOf(page, "number 25");
      await server.say(final("Another CAFÉ. <mark>café</mark>", { start: 400, end: 401 }));
      await tells(page, "#found", /^2 of 5$/);
      assert.ok(Math.abs((await topOf(page, "number 25")) - before) < 1.5);
      assert.equal(await page.locator("mark").count(), 0);

      await page.keyboard.press("Escape");
      await page.waitForSelector("#search", { state: "hidden" });
      assert.deepEqual(await marked(page), { hits: [], hit: [] });
      await page.waitForFunction(() => document.activeElement?.id === "scroller");
      await server.say(final("The newest one.", { start: 402, end: 403 }));
      await shows(page, "The newest one.");
      assert.ok((await pxFromEnd(page)) <= 1, "it follows again");
    });
  }

  it("opens from the settings, also above the last lines, and says when nothing is found", async (t) => {
    const server = await captioning(t);
    await server.say(final("今日は晴れています。", { lang: "ja" }));
    const page = await open(t, `${server.url}/?view=lines`, { viewport: PHONE });
    await isLive(page);
    await shows(page, "晴れて");
    await page.click("#open");
    await page.click("#find");
    await page.keyboard.type("晴れ");
    await tells(page, "#found", /^1 of 1$/);
    assert.equal(await page.getAttribute("html", "data-view"), "transcript");
    await page.fill("#wanted", "雨");
    await tells(page, "#found", /^nothing found$/);
    await page.fill("#wanted", "a/b");
    assert.equal(await page.inputValue("#wanted"), "a/b");
    await page.click("#unsearch");
    assert.equal(await page.getAttribute("html", "data-view"), "lines");
  });
});

const marked = (page) =>
  page.evaluate(() => Object.fromEntries(["hits", "hit"].map((name) => [name, [...CSS.highlights.get(name)].map(String)])));

function topOf(page, words) {
  return page.evaluate((words) => [...document.querySelectorAll(".caption")].find((it) => it.textContent.includes(words)).getBoundingClientRect().top, words);
}

async function inView(page, words) {
  const [top, view] = [await topOf(page, words), await page.locator("#scroller").boundingBox()];
  assert.ok(top >= view.y && top < view.y + view.height, `${words}: at ${top} px of ${JSON.stringify(view)}`);
}
