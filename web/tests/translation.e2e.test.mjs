// The demo in English and Spanish, in a real browser, translated by Apertium on this machine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { finals, hasCount, hasStatus, launch, open, photograph, skip as noBrowser } from "./support/browser.mjs";
import { shared } from "./support/cleanup.mjs";
import { root, running } from "./support/livecap.mjs";
import { skip as noTranslator, translating } from "./support/translator.mjs";

// The recording lasts 24 s; the rest is for a machine that is busy with something else.
const UNTIL_ENDED_MS = 120_000;

describe("the demo in English and Spanish", { skip: noBrowser || noTranslator }, () => {
  let server, english, spanish;

  shared(async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    const translator = await translating(t);
    const shipped = readFileSync(join(root, "pipelines/demo-spanish.toml"), "utf8");
    server = await running(t, shipped.replace('"demo.flac"', JSON.stringify(join(root, "pipelines/demo.flac"))).replace("127.0.0.1:2737", translator));
    [english, spanish] = await Promise.all([open(t, browser), open(t, browser)]);
    await spanish.addInitScript(keepTexts);
    await Promise.all([english.goto(server.url), spanish.goto(`${server.url}/?lang=es`)]);
  });

  it("offers Spanish, and shows each reader the language chosen", async () => {
    await Promise.all([english, spanish].map((page) => hasStatus(page, "ended", { timeout: UNTIL_ENDED_MS })));
    assert.deepEqual(await english.locator("#language option").evaluateAll((all) => all.map((it) => it.value)), ["", "es"]);
    const [original, translated] = await Promise.all([finals(english), finals(spanish)]);
    assert.ok(original.length >= 5);
    assert.equal(translated.length, original.length, "each sentence has its translation");
    assert.match(original.join(" "), /\bthe train\b/i);
    assert.match(translated.join(" "), /\bel tren\b/i);
    assert.equal(await spanish.locator('.caption[lang="es"]').count(), translated.length);
    await photograph(spanish, "captions-spanish.png");
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
    const state = await (await fetch(`${server.url}/api/state`)).json();
    const stage = state.stages.find((it) => it.name === "spanish");
    assert.ok(stage.counts.translated >= 5);
    assert.equal(stage.counts.untranslated, undefined);
  });

  it("changes the language of what is on the screen when the reader does", async () => {
    await english.selectOption("#language", "es");
    await hasCount(english, '.caption[lang="es"]', (await finals(spanish)).length);
    assert.deepEqual(await finals(english), await finals(spanish));
    assert.equal(new URL(english.url()).search, "?lang=es");
  });

  it("shows the original beside it where the reader wants both", async () => {
    const translated = await finals(english);
    // In a field the key would be text.
    await english.evaluate(() => document.activeElement.blur());
    await english.keyboard.press("o");
    await hasCount(english, '.original[lang="en"]:not([hidden])', translated.length);
    assert.match((await english.locator(".original").allTextContents()).join(" "), /\bthe train\b/i);
    assert.deepEqual((await english.locator(".caption .words").allTextContents()).map((it) => it.trim()), translated);
  });
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
