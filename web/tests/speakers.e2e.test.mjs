// Who speaks, in a real browser: names at changes of speaker, their colours, filters, what is read aloud, and downloads.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { download, hasCount, isLive, shows, skip, tells, texts, useBrowser } from "./support/browser.mjs";
import { caption, final, hello, live, track } from "./support/events.mjs";
import { captioning, relaying } from "./support/livecap.mjs";

const names = (page) => page.locator(".track:visible").allTextContents();
const said = (speaker, text, more = {}) => final(text, { speaker, ...more });

describe("who speaks", { skip }, () => {
  const { open } = useBrowser();

  it("is named where that changes, on the page, aloud, and in downloads", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await isLive(page);
    await server.say(said("Ada", "Good morning.", { start: 0, end: 1 }), said("Ada", "We begin.", { start: 1, end: 2 }));
    await shows(page, "We begin.");
    assert.deepEqual(await names(page), ["Ada"], "also where she speaks alone");
    // What a name holds is text.
    await server.say(said("<b>Ben</b>", "Thank you.", { start: 3, end: 4 }), said("Ada", "After a pause.", { start: 20, end: 21 }), said("Ada", "And later.", { start: 40, end: 41 }));
    await shows(page, "And later.");
    assert.deepEqual(await names(page), ["Ada", "<b>Ben</b>", "Ada"]);
    assert.equal(await page.locator(".paragraph:visible").count(), 4, "a pause begins a paragraph, and no name");
    assert.equal(await page.locator("#captions b").count(), 0);
    await tells(page, "#spoken", /And later/);
    assert.deepEqual(await page.locator("#spoken p").allTextContents(), ["Ada: Good morning.", "We begin.", "<b>Ben</b>: Thank you.", "Ada: After a pause.", "And later."]);

    await page.keyboard.press("s");
    const text = await download(page, "#downloads a >> nth=0");
    assert.equal(text.text, "Ada: Good morning.\nWe begin.\n<b>Ben</b>: Thank you.\nAda: After a pause.\nAnd later.\n");
    const { text: vtt } = await download(page, "#downloads a[href*='.vtt']");
    assert.ok(vtt.includes("<v &lt;b&gt;Ben&lt;/b&gt;>Thank you."), vtt);

    await page.uncheck("#named input");
    await hasCount(page, ".track", 0);
    assert.equal(new URL(page.url()).searchParams.get("names"), "off");
    await page.check("#named input");
    await hasCount(page, ".track", 3);
  });

  it("can be chosen, and the choice is kept in the address and in downloads", async (t) => {
    const server = await captioning(t);
    await server.say(said("Ada, of Lovelace", "One.", { start: 0, end: 1 }), said("Ben", "Two.", { start: 2, end: 3 }), said("Cleo", "Three.", { start: 4, end: 5 }));
    const page = await open(t, server.url);
    await shows(page, "Three.");
    await page.keyboard.press("s");
    const boxes = page.locator("#speakers input");
    assert.deepEqual(await boxes.evaluateAll((all) => all.map((it) => it.value)), ["Ada, of Lovelace", "Ben", "Cleo"]);
    await boxes.nth(1).uncheck();
    await hasCount(page, ".caption", 2);
    await boxes.nth(2).uncheck();
    await hasCount(page, ".caption", 1);
    assert.deepEqual(await texts(page), ["One."]);
    const { name, text } = await download(page, "#downloads a >> nth=0");
    assert.deepEqual([name, text], ["captions-Ada-of-Lovelace.txt", "One.\n"]);
    // The focus stays in the list, also when somebody else begins to speak.
    await boxes.nth(2).focus();
    await server.say(said("Dan", "Four.", { start: 6, end: 7 }));
    await hasCount(page, "#speakers input", 4);
    assert.equal(await page.evaluate(() => document.activeElement.value), "Cleo");
    await page.reload();
    await shows(page, "One.");
    assert.deepEqual(await texts(page), ["One."]);
    await boxes.nth(0).waitFor({ state: "attached" });
    await page.keyboard.press("s");
    await boxes.first().check();
    for (const at of [1, 2, 3]) await boxes.nth(at).check();
    await hasCount(page, ".caption", 4);
    assert.equal(new URL(page.url()).searchParams.get("speakers"), null);
  });

  it("stays two rows in order where two speak at once, each in a colour of its own", async (t) => {
    const server = await relaying(t);
    const of = (number, speaker, segment, text, more = {}) => caption(segment, text, { track: `words.${number}`, speaker, ...more });
    const pages = await Promise.all(["/", "/?view=lines&lines=4", "/overlay?lines=4&clear=0"].map((it) => open(t, server.url + it)));
    await Promise.all(pages.map(isLive));
    await server.say(hello(track("words.1", "en"), track("words.2", "en")), live());
    const open1 = { kind: "partial", committed: "" };
    await server.say(of(1, "Ada", 1, "I think that", { ...open1, start: 3, end: 4, revision: 1 }));
    await server.say(of(2, "Ben", 1, "No wait", { ...open1, start: 3.5, end: 4.2, revision: 1 }));
    await server.say(of(1, "Ada", 1, "I think that we", { ...open1, start: 3, end: 4.5, revision: 2 }));
    await server.say(of(2, "Ben", 1, "No, wait.", { start: 3.5, end: 4.6 }), of(1, "Ada", 1, "I think that we agree.", { start: 3, end: 5 }));
    await server.say(of(1, "Ada", 2, "Do we?", { start: 5.2, end: 6 }));
    for (const page of pages) {
      await shows(page, "Do we?");
      assert.deepEqual(await texts(page), ["I think that we agree.", "No, wait.", "Do we?"]);
      assert.deepEqual(await names(page), ["Ada", "Ben", "Ada"]);
      const colours = await page.locator(".track").evaluateAll((all) => all.map((it) => getComputedStyle(it).color));
      assert.ok(colours[0] === colours[2] && colours[0] !== colours[1], `${colours}`);
    }
  });

  it("is named where somebody is found to have spoken in between, so that no words seem to be another's", async (t) => {
    const server = await relaying(t);
    const of = (number, speaker, segment, text, start) => caption(segment, text, { track: `words.${number}`, speaker, start, end: start + 1 });
    const page = await open(t, server.url);
    await isLive(page);
    await server.say(hello(track("words.1", "en"), track("words.2", "en")), live());
    await server.say(of(1, "Ada", 1, "First.", 0), of(1, "Ada", 2, "Third.", 10));
    await shows(page, "Third.");
    assert.deepEqual(await names(page), ["Ada"]);
    await server.say(of(2, "Ben", 1, "Second.", 9));
    await shows(page, "Second.");
    assert.deepEqual(await texts(page), ["First.", "Second.", "Third."]);
    assert.deepEqual(await names(page), ["Ada", "Ben", "Ada"]);
  });

  it("is chosen, named and coloured on the overlay as its address says", async (t) => {
    const server = await captioning(t);
    const all = await open(t, `${server.url}/overlay?lines=4`);
    const one = await open(t, `${server.url}/overlay?lines=4&speakers=Ben&names=off`);
    const plain = await open(t, `${server.url}/overlay?lines=4&voices=off`);
    for (const page of [all, one, plain]) await isLive(page);
    await server.say(said("Ada", "One.", { start: 0, end: 1 }), said("Ben", "Two.", { start: 2, end: 3 }));
    for (const page of [all, one, plain]) await shows(page, "Two.");
    assert.deepEqual([await texts(all), await names(all)], [["One.", "Two."], ["Ada", "Ben"]]);
    assert.deepEqual([await texts(one), await names(one)], [["Two."], []]);
    const colours = (page) => page.locator(".track").evaluateAll((all) => all.map((it) => getComputedStyle(it).color));
    assert.deepEqual(await colours(plain), ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
    const [ada, ben] = await colours(all);
    assert.ok(ada !== "rgb(255, 255, 255)" && ben !== "rgb(255, 255, 255)");
  });

  for (const colours of ["light", "dark", "contrast"]) {
    it(`passes axe-core with eight names: ${colours}`, async (t) => {
      const server = await captioning(t);
      const page = await open(t, `${server.url}/?colours=${colours}`);
      // One for each colour, whatever the names hash to.
      await server.say(...Array.from({ length: 24 }, (_, at) => said(`Speaker ${at}`, `Sentence ${at}.`, { start: at * 3, end: at * 3 + 2 })));
      await shows(page, "Sentence 23.");
      assert.equal(new Set(await page.locator(".track").evaluateAll((all) => all.map((it) => it.dataset.voice))).size, 8);
      await page.keyboard.press("s");
      await isAccessible(page, colours);
    });
  }
});
