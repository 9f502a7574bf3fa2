// Corrections in a real browser: in place, with a quiet mark, told to screen readers, on the page and on the overlay.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { isLive, shows, skip, useBrowser } from "./support/browser.mjs";
import { caption, hello, live, track, translation } from "./support/events.mjs";
import { relaying } from "./support/livecap.mjs";

const AT = Date.UTC(2026, 5, 1, 14, 0);
const correction = (seq, segment, before, text, more = {}) => ({
  type: "correction", seq, track: "english", segment, lang: "en", text, before, by: "Ada", at: AT, start: segment * 3, end: segment * 3 + 2, ...more,
});

describe("a correction", { skip }, () => {
  const { open } = useBrowser();

  async function relayed(t, path = "") {
    const relay = await relaying(t);
    const page = await open(t, undefined);
    await page.goto(relay.url + path);
    await isLive(page);
    await relay.say(hello(track("english", "en", "nl")), live());
    return { relay, page };
  }

  const words = (page) => page.locator(".caption .words").allTextContents();
  const place = (page, key) => page.locator(`.caption[data-key="${key}"]`).boundingBox();

  it("changes the word in place, says what was there, and is read aloud once", async (t) => {
    const { relay, page } = await relayed(t);
    await relay.say(caption(1, "Please ask Morgan about it."), caption(4, "This comes later."));
    await shows(page, "This comes later.");
    const before = await place(page, "english 4");
    await relay.say(correction(9, 1, "Please ask Morgan about it.", "Please ask <b>Morgen</b> about it."));
    await page.waitForSelector(".corrected");
    assert.equal(await page.textContent(".corrected"), "<b>Morgen</b>");
    assert.match(await page.getAttribute(".corrected", "title"), /^Corrected by Ada, .+\. Before: Please ask Morgan about it\.$/);
    assert.deepEqual(await words(page), ["Please ask <b>Morgen</b> about it.", "This comes later."]);
    assert.deepEqual(await place(page, "english 4"), before, "what follows stays where it is");
    const spoken = await page.locator("#spoken p").allTextContents();
    assert.deepEqual(spoken.slice(-1), ["Corrected: Please ask <b>Morgen</b> about it."]);
    await isAccessible(page, "a corrected caption");
    // An undo takes the mark away.
    await relay.say(correction(10, 1, "Please ask <b>Morgen</b> about it.", "Please ask Morgan about it."));
    await page.waitForFunction(() => document.querySelector(".corrected") === null);
    assert.equal((await words(page))[0], "Please ask Morgan about it.");
  });

  it("is told in the language of the page", async (t) => {
    const { relay, page } = await relayed(t, "/?ui=de");
    await relay.say(caption(1, "ask Morgan"), correction(9, 1, "ask Morgan", "ask Morgen"));
    await page.waitForSelector('.corrected[title^="Korrigiert von Ada"]');
  });

  it("of a translation reaches who reads it, and nobody else sees a masked word again", async (t) => {
    const { relay, page } = await relayed(t, "/?lang=nl");
    await relay.say(caption(1, "ask Morgan"), translation(1, "nl", "vraag morgen"));
    await shows(page, "vraag morgen");
    await relay.say(correction(9, 1, "", "vraag ***", { lang: "nl", of: "en", masked: true }));
    await shows(page, "vraag ***");
    assert.ok(!(await page.content()).includes("vraag morgen"));
  });

  it("changes the overlay", async (t) => {
    const { relay, page } = await relayed(t, "/overlay");
    await relay.say(caption(1, "ask Morgan"));
    await shows(page, "ask Morgan");
    await relay.say(correction(9, 1, "ask Morgan", "ask Morgen"));
    await shows(page, "ask Morgen");
  });
});
