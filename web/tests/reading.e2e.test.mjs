// How the page is read, in a real browser: text in paragraphs, sizes that fit the screen, a line that can be hidden, a screen that stays on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DESKTOP, PHONE, hasCount, hasStatus, isLive, shows, skip, tells, useBrowser } from "./support/browser.mjs";
import { caption, final, hello, live, track, translation } from "./support/events.mjs";
import { captioning, relaying } from "./support/livecap.mjs";
import { cuttable } from "./support/network.mjs";
import { watchSettledWords } from "./support/settled-words.mjs";
import { generator, speech } from "./support/speech.mjs";

const english = track("english", "en", "nl");
const PROJECTOR = { width: 1920, height: 1080 };
/** In the middle of a day, by the server's clock. */
const STARTED = Date.UTC(2026, 5, 1, 14, 0);

describe("a reader", { skip }, () => {
  const { open } = useBrowser();

  async function relayed(t, query = "", options = {}) {
    const relay = await relaying(t);
    const page = await open(t, undefined, options);
    const words = await watchSettledWords(page);
    await page.goto(relay.url + query);
    await isLive(page);
    await relay.say({ ...hello(english, track("hall", "en")), started_at: STARTED }, live());
    return { relay, page, words };
  }

  describe("of the whole transcript", () => {
    it("reads paragraphs: a pause, another track and a gap begin a new one", async (t) => {
      const { relay, page } = await relayed(t);
      await relay.say(
        caption(1, "One."), caption(2, "Two."),
        caption(4, "After a pause."),
        caption(1, "Somebody else.", { track: "hall", start: 14.5, end: 15 }),
        caption(5, "Again."), { type: "gap", seq: 90, track: "english", start: 17, end: 18, why: "device" }, caption(6, "After it."),
      );
      await shows(page, "After it.");
      assert.deepEqual(await paragraphs(page), ["english One. Two.", "english After a pause.", "hall Somebody else.", "english Again.", "english After it."]);
      // Each caption has its language all the same, and a screen reader reads a paragraph as one.
      assert.deepEqual(await page.locator("p.paragraph > .caption").evaluateAll((all) => [...new Set(all.map((it) => it.lang))]), ["en"]);
      // The last lines, and originals beside their translations, begin a line each.
      await page.keyboard.press("v");
      await hasCount(page, "#captions > p.caption", 6);
      await page.keyboard.press("v");
      await hasCount(page, "#captions > p.paragraph", 5);
    });

    for (const [name, seed, viewport] of [["on a phone", 11, PHONE], ["on a desktop", 12, DESKTOP], ["on a projector", 13, PROJECTOR]]) {
      it(`sees no settled word move while paragraphs grow, ${name}`, async (t) => {
        const { relay, page, words } = await relayed(t, "", { viewport });
        for (const event of spoken(seed, 12)) {
          await relay.say(event);
          await shows(page, event.text);
          await words.look();
        }
        const { moved, seen } = await words.result();
        assert.deepEqual(moved, []);
        assert.ok(seen > 100, `${seen} words were watched`);
        const count = await page.locator(".paragraph:visible").count();
        assert.ok(count > 1 && count < 10, `${count} paragraphs of 12 segments`);
      });
    }

    for (const seed of [21, 22, 23]) {
      it(`of a translation that comes late sees no settled word move, and reads paragraphs: ${seed}`, async (t) => {
        const { relay, page, words } = await relayed(t, "/?lang=nl", { viewport: PHONE });
        const random = generator(seed);
        const late = [];
        for (const event of spoken(seed, 14)) {
          // The words of one language are not those of the other: what stands in for a translation goes with it.
          await relay.say(event);
          await shows(page, event.text);
          await words.look();
          if (event.kind === "final") late.push(event);
          while (late.length > 0 && random() < 0.5) {
            const { segment, text, start, end } = late.shift();
            const dutch = text.split(" ").slice(random() < 0.2 ? 3 : 0).map((it) => `${it}nl`).join(" ");
            await relay.say(translation(segment, "nl", dutch, { start, end }));
            await shows(page, dutch);
            await words.look();
          }
        }
        const { moved, seen } = await words.result();
        // A translation that replaces its original is another word, not one that moved. A longer one moves what follows it down.
        const same = moved.filter((it) => it.before.word === it.now.word && (it.now.left !== it.before.left || it.now.top > it.before.top + 1.5));
        assert.deepEqual(same, []);
        assert.ok(seen > 100, `${seen} words were watched`);
        const { blocks, captions } = await page.evaluate(() => ({ blocks: document.querySelectorAll(".paragraph:not([hidden])").length, captions: document.querySelectorAll(".caption:not([hidden])").length }));
        assert.ok(blocks <= captions - 4, `${captions} segments flow together in ${blocks} paragraphs`);
      });
    }

    it("sees the time at the beginning of each paragraph where that is wanted, as the language and the region write it", async (t) => {
      for (const [options, time] of [[{ locale: "en-GB" }, "14:02"], [{ locale: "en-US" }, /^2:02\sPM$/], [{ locale: "de-AT" }, "14:02"]]) {
        const { relay, page } = await relayed(t, "", { ...options, timezoneId: "UTC" });
        await relay.say(caption(40, "At two minutes."), caption(41, "And on."), caption(60, "Later."));
        await shows(page, "Later.");
        assert.equal(await page.locator("time").count(), 0);
        await page.click("#open");
        await page.check("[name=times]");
        await hasCount(page, "time", 2);
        const shown = await page.locator("time").first().textContent();
        if (typeof time === "string") assert.equal(shown, time);
        else assert.match(shown, time);
        assert.equal(await page.locator("time").first().getAttribute("datetime"), "2026-06-01T14:02:00.000Z");
      }
    });

    it("reads a text without spaces as one, from the beginning of a line to its end", async (t) => {
      const { relay, page } = await relayed(t, "", { viewport: PHONE });
      const ja = { lang: "ja" };
      await relay.say(caption(1, "今日は晴れています。", ja), caption(2, "明日は雨です。", ja));
      await shows(page, "明日は雨です。");
      assert.match((await paragraphs(page))[0], /今日は晴れています。明日は雨です。/);
    });
  });

  describe("with a phone", () => {
    it("makes the text larger and smaller with a thumb", async (t) => {
      const server = await captioning(t);
      await server.say(final("Good morning."));
      const page = await open(t, server.url, { viewport: PHONE, hasTouch: true });
      await shows(page, "Good morning.");
      for (const id of ["larger", "smaller", "open"]) {
        const { width, height } = await page.locator(`#${id}`).boundingBox();
        assert.ok(width >= 44 && height >= 44, `${id}: ${width} x ${height}`);
      }
      const before = await sizeOf(page);
      assert.ok(before >= 20 && before <= 24, `${before} px`);
      await page.tap("#larger");
      await page.tap("#larger");
      assert.ok(Math.abs((await sizeOf(page)) - before * 1.2) < 0.1);
      assert.equal(await page.evaluate(() => location.search), "?size=120");
      await page.tap("#smaller");
      assert.ok(Math.abs((await sizeOf(page)) - before * 1.1) < 0.1);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    });
  });

  it("on a projector of 1080 lines reads large text, and larger in the last lines; a size in percent goes beyond", async (t) => {
    const server = await captioning(t);
    await server.say(final("A sentence that is long enough to be more than one line of captions on any screen that there is here."));
    const page = await open(t, server.url, { viewport: PROJECTOR });
    await shows(page, "A sentence");
    const whole = await sizeOf(page);
    assert.ok(whole >= 50 && whole <= 60, `${whole} px`);
    await page.keyboard.press("v");
    const lines = await sizeOf(page);
    assert.ok(lines >= 70 && lines <= 90, `${lines} px`);
    await page.keyboard.press("+");
    assert.ok(Math.abs((await sizeOf(page)) - lines * 1.1) < 0.1);
    const sizes = [];
    for (const viewport of [{ width: 1280, height: 720 }, { width: 844, height: 390 }, { width: 3840, height: 2160 }]) {
      const other = await open(t, server.url, { viewport });
      await shows(other, "A sentence");
      sizes.push(Math.round(await sizeOf(other)));
    }
    assert.deepEqual(sizes.map((it, at) => it >= [34, 21, 90][at] && it <= [42, 28, 100][at]), [true, true, true], `${sizes} px`);
  });

  it("hides the title line by the address or a key, which brings it back; what is wrong is told all the same", async (t) => {
    const server = await captioning(t);
    const network = await cuttable(t, server.url);
    await server.say(final("Good morning."));
    const page = await open(t, `${network.url}/?bar=off`);
    await shows(page, "Good morning.");
    assert.ok(await page.isHidden("header"));
    await page.keyboard.press("b");
    assert.ok(await page.isVisible("#open"));
    assert.equal(await page.evaluate(() => location.search), "");
    await page.keyboard.press("b");
    assert.ok(await page.isHidden("header"));
    // A page that is opened without the parameter has its line: a phone has no key for it.
    await page.goto(network.url);
    await isLive(page);
    assert.ok(await page.isVisible("#open"));
    await page.goto(`${network.url}/?bar=off&tracks=hall`);
    await page.waitForSelector("#trouble:visible");
    assert.ok(await page.isHidden("#open"));
  });

  describe("whose screen would go dark", () => {
    async function watched(t, url, init = () => {}) {
      const page = await open(t);
      await page.clock.install();
      await page.addInitScript(locks);
      await page.addInitScript(init);
      await page.goto(url);
      return { page, held: (wanted) => page.waitForFunction((it) => window.locks.filter((lock) => !lock.released).length === it, wanted), asked: () => page.evaluate(() => window.locks.length) };
    }

    it("keeps it on while captions come, again after the page was hidden, and until they end", async (t) => {
      const server = await captioning(t);
      const { page, held, asked } = await watched(t, server.url);
      await isLive(page);
      await held(1);
      await page.evaluate(() => window.hide(true));
      await held(0);
      await page.evaluate(() => window.hide(false));
      await held(1);
      assert.equal(await asked(), 2);
      server.done();
      await hasStatus(page, "ended");
      await held(0);
    });

    it("lets it go when the connection is away for long, and keeps it on through a short cut", async (t) => {
      const server = await captioning(t);
      const network = await cuttable(t, server.url);
      const { page, held, asked } = await watched(t, network.url);
      await isLive(page);
      await held(1);
      network.cut();
      await hasStatus(page, "reconnecting");
      assert.equal(await page.evaluate(() => window.locks[0].released), false);
      await page.clock.fastForward(61_000);
      await held(0);
      network.restore();
      await page.clock.fastForward(10_000);
      await isLive(page);
      await held(1);
      assert.equal(await asked(), 2);
    });

    it("can do without, and is not asked where the browser cannot", async (t) => {
      const server = await captioning(t);
      const { page, held, asked } = await watched(t, server.url);
      await isLive(page);
      await held(1);
      await page.click("#open");
      await page.uncheck("[name=awake]");
      await held(0);
      await page.reload();
      await isLive(page);
      assert.equal(await asked(), 0, "the choice is remembered");
      const without = await open(t);
      await without.addInitScript(() => delete Navigator.prototype.wakeLock);
      await without.goto(server.url);
      await isLive(without);
      await without.click("#open");
      assert.ok(await without.isHidden("[name=awake]"));
      assert.deepEqual(without.complaints, []);
    });
  });
});

/** Runs in the page: a screen lock that keeps account, and a page that the test can hide. */
function locks() {
  window.locks = [];
  class Lock extends EventTarget {
    released = false;
    async release() {
      if (this.released) return;
      this.released = true;
      this.dispatchEvent(new Event("release"));
    }
  }
  const request = async () => window.locks[window.locks.push(new Lock()) - 1];
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
  let isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  window.hide = (now) => {
    isHidden = now;
    // Browsers release the locks of a page that is hidden.
    if (now) window.locks.forEach((it) => it.release());
    document.dispatchEvent(new Event("visibilitychange"));
  };
}

/** Made-up speech as events of a relay, with times: mostly fluent, now and then with a pause. */
function spoken(seed, segments) {
  const random = generator(seed);
  let start = 0;
  let end = 0;
  return speech(random, segments).map(({ type, segment, text, committed }, number) => {
    const kind = type === "final" ? "final" : "partial";
    const event = caption(segment, text, { kind, revision: number, start, end: (end = start + 3), ...(kind === "final" ? {} : { committed }) });
    if (kind === "final") start = end + (random() < 0.15 ? 3 : 0.5);
    return event;
  });
}

async function paragraphs(page) {
  return (await page.locator(".paragraph:visible").allTextContents()).map((it) => it.replace(/\s+/g, " ").trim());
}

function sizeOf(page) {
  return page.locator("#captions").evaluate((it) => Number.parseFloat(getComputedStyle(it).fontSize));
}
