// The page in the reader's language, in a real browser: every language is accessible, and loaded alone.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { PHONE, isLive, shows, skip, tells, useBrowser } from "./support/browser.mjs";
import { shared } from "./support/cleanup.mjs";
import { caption, final, hello, live, partial, track } from "./support/events.mjs";
import { captioning, relaying, root } from "./support/livecap.mjs";

const folder = join(root, "web/src/texts");
const languages = readdirSync(folder).map((it) => it.replace(".json", ""));
const textsOf = (lang) => JSON.parse(readFileSync(join(folder, `${lang}.json`), "utf8"));

describe("the page in the reader's language", { skip }, () => {
  const { open } = useBrowser();
  let server;

  shared(async (t) => {
    server = await captioning(t);
    await server.say(final("Good morning.", { lang: "en" }), partial("and now for someth", "and now", { lang: "en" }));
  });

  for (const lang of languages) {
    it(`is accessible, wholly in it, and loads no other: ${lang}`, async (t) => {
      const page = await open(t, `${server.url}/?ui=${lang}`, { viewport: PHONE });
      await shows(page, "and now for someth");
      const texts = textsOf(lang);
      await tells(page, "#status", new RegExp(texts["status.live"]));
      await isAccessible(page, "with captions");
      await page.click("#open");
      await isAccessible(page, "with its settings open");
      assert.deepEqual(await languageOf(page), [lang, lang === "ar" ? "rtl" : "ltr"]);
      assert.equal(await page.title(), texts["page.title"]);
      const written = await page.locator("[data-text]").evaluateAll((all) => all.map((it) => [it.dataset.text, it.textContent]));
      assert.ok(written.length > 30);
      for (const [key, text] of written) assert.equal(text, texts[key], key);
      for (const [key, label] of await page.locator("[data-label]").evaluateAll((all) => all.map((it) => [it.dataset.label, it.getAttribute("aria-label")]))) assert.equal(label, texts[key], key);
      assert.deepEqual(await page.locator("#keys dd").allTextContents(), Object.keys(texts).filter((it) => it.startsWith("keys.")).map((it) => texts[it]));
      // Nothing of a long word hangs out of the page.
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && document.getElementById("panel").scrollWidth <= document.getElementById("panel").clientWidth));
      assert.deepEqual(asked(page), lang === "en" ? [] : [`texts/${lang}.json`]);
      assert.deepEqual(page.complaints, []);
    });
  }

  it("is chosen by the browser's languages", async (t) => {
    for (const [locale, lang] of [["nl-BE", "nl"], ["pt-BR", "pt"], ["eo", "en"], ["en-GB", "en"]]) {
      const page = await open(t, server.url, { locale });
      await isLive(page);
      await page.waitForFunction((it) => document.documentElement.lang === it, lang);
      assert.deepEqual(asked(page), lang === "en" ? [] : [`texts/${lang}.json`]);
    }
  });

  it("is changed in the settings, remembered, and apart from the language of the captions", async (t) => {
    const page = await open(t, server.url);
    await shows(page, "Good morning.");
    await page.click("#open");
    await page.focus("#ui");
    await page.selectOption("#ui", "de");
    await tells(page, "#panel h2", /^Anzeige$/);
    assert.equal(await page.textContent("#open"), "Einstellungen");
    assert.equal(await page.evaluate(() => document.activeElement.id), "ui", "the focus stays");
    assert.equal(await page.evaluate(() => location.search), "?ui=de");
    assert.deepEqual(await page.locator(".caption").first().evaluate((it) => [it.lang, it.dir]), ["en", "ltr"]);
    await page.goto(server.url);
    await tells(page, "h1", /^Live-Untertitel$/);
    // An address is for one visit, and goes before what is stored.
    await page.goto(`${server.url}/?ui=ar`);
    await page.waitForSelector('html[dir="rtl"]', { state: "attached" });
    assert.deepEqual(await page.locator(".caption").first().evaluate((it) => [it.lang, it.dir]), ["en", "ltr"]);
    await page.click("#open");
    await page.selectOption("#ui", "");
    await page.waitForSelector('html[lang="en"][dir="ltr"]', { state: "attached" });
    assert.deepEqual(await page.locator("#ui option").evaluateAll((all) => all.slice(1).map((it) => it.value)), languages.sort());
  });

  it("is English where the file does not come, and the captions come all the same", async (t) => {
    const page = await open(t);
    await page.route("**/texts/*.json", (route) => route.abort());
    await page.goto(`${server.url}/?ui=de`);
    await shows(page, "Good morning.");
    await page.waitForSelector("h1:visible");
    assert.equal(await page.textContent("h1"), "Live captions");
    assert.deepEqual(await languageOf(page), ["en", "ltr"]);
  });

  it("tells a gap in the language of the captions, whose texts alone are loaded when there is one", async (t) => {
    const relay = await relaying(t);
    const page = await open(t, relay.url);
    await isLive(page);
    const dutch = { track: "zaal", lang: "nl" };
    await relay.say(hello(track("zaal", "nl")), live(), caption(1, "Goedemorgen.", dutch));
    await shows(page, "Goedemorgen.");
    assert.deepEqual(asked(page), []);
    await relay.say({ type: "gap", seq: 5, track: "zaal", start: 5, end: 8, why: "device" }, caption(3, "Welkom.", dutch));
    await tells(page, ".gap", /hier kwam geen geluid van de microfoon \(3\ss\)/);
    assert.equal(await page.getAttribute(".gap", "lang"), "nl");
    assert.deepEqual(await languageOf(page), ["en", "ltr"]);
    assert.deepEqual(asked(page), ["texts/nl.json"]);
  });

  it("has what the server says to readers, where the page knows it", async (t) => {
    const relay = await relaying(t);
    const page = await open(t, `${relay.url}/?ui=de`);
    await isLive(page);
    const notice = "demo model: a small fixed vocabulary; `livecap models pull base.en` gets a model for all words";
    await relay.say({ ...hello(track("english", "en")), notice }, live());
    await tells(page, "#notice", new RegExp(`^${textsOf("de")["notice.demo"]}$`));
    await relay.say({ ...hello(track("english", "en")), stream: "another", notice: "Doors open at `nine`." }, live());
    await tells(page, "#notice", /^Doors open at nine\.$/);
    assert.equal(await page.textContent("#notice code"), "nine");
  });

  it("is that of the overlay's messages too, and its captions stay where they are", async (t) => {
    const relay = await relaying(t);
    const page = await open(t, `${relay.url}/overlay?status=on&ui=ar&clear=0`);
    await isLive(page);
    await relay.say(hello(track("english", "en")), live());
    await tells(page, "#status", new RegExp(textsOf("ar")["why.listening"]));
    await relay.say(caption(1, "Good morning."));
    await shows(page, "Good morning.");
    const { left, box } = await page.evaluate(() => ({ left: document.querySelector(".caption").getBoundingClientRect().left, box: document.getElementById("box").getBoundingClientRect().left }));
    assert.ok(Math.abs(left - box) < 1, `${left}, ${box}`);
  });
});

function languageOf(page) {
  return page.evaluate(() => [document.documentElement.lang, document.documentElement.dir || "ltr"]);
}

/** The texts that the page asked for. */
function asked(page) {
  return page.requests.filter((it) => it.includes("/texts/")).map((it) => new URL(it).pathname.slice(1));
}
