// What readers do and have, in a real browser: slow fingers, bad connections, outdated choices, other people's tracks.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PHONE, hasCount, isLive, isScrolledUp, shows, skip, tells, texts, useBrowser } from "./support/browser.mjs";
import { caption, final, finalsOf, hello, live, track, translation } from "./support/events.mjs";
import { captioning, relaying } from "./support/livecap.mjs";
import { cuttable } from "./support/network.mjs";
import { watchSettledWords } from "./support/settled-words.mjs";

const english = track("english", "en", "nl");
const dutch = (segment, text) => translation(segment, "nl", text);

describe("readers", { skip }, () => {
  const { open } = useBrowser();

  it("scroll back with a slow wheel, and with a finger", async (t) => {
    const server = await captioning(t);
    await server.say(...finalsOf(60, (number) => `Sentence number ${number}, which is not very short.`));
    const page = await open(t, server.url, { viewport: PHONE, hasTouch: true });
    await shows(page, "number 60,");
    await isScrolledUp(page, 0);
    await page.locator("#scroller").hover();
    for (let notch = 1; notch <= 6; notch += 1) {
      await page.mouse.wheel(0, -10);
      await isScrolledUp(page, notch * 10);
    }
    assert.ok(await page.isVisible("#newest"));
    await page.click("#newest");
    await isScrolledUp(page, 0);
    const tab = await page.context().newCDPSession(page);
    const touch = (type, ...touchPoints) => tab.send("Input.dispatchTouchEvent", { type, touchPoints });
    await touch("touchStart", { x: 200, y: 300 });
    for (let y = 305; y <= 400; y += 5) await touch("touchMove", { x: 200, y });
    await touch("touchEnd");
    await page.waitForFunction(() => { const it = document.getElementById("scroller"); return it.scrollHeight - it.clientHeight - it.scrollTop > 50; });
    assert.ok(await page.isVisible("#newest"));
  });

  it("get all of what they chose, though the connection was cut during the replay", async (t) => {
    const second = finalsOf(300, (number) => `Second ${number}, so that it takes some room on the wire for a while.`, (at) => ({ start: at, end: at + 0.5 }));
    const server = await captioning(t, { second });
    const network = await cuttable(t, server.url);
    const page = await open(t, `${network.url}/?tracks=english`);
    await isLive(page);
    await server.say(final("English one."));
    await shows(page, "English one.");
    const isCut = network.cutAfter(60_000);
    await page.click("#open");
    await page.locator("#tracks input").nth(1).check();
    await isCut;
    network.restore();
    await hasCount(page, ".caption", 301);
  });

  it("with a screen reader hear what was said during a cut, and nothing twice", async (t) => {
    const server = await captioning(t);
    const network = await cuttable(t, server.url);
    await server.say(final("Long ago."));
    const page = await open(t, network.url);
    await shows(page, "Long ago.");
    await isLive(page);
    await server.say(final("Before."));
    await shows(page, "Before.");
    network.cut();
    await server.say(final("Meanwhile."));
    network.restore();
    await shows(page, "Meanwhile.");
    await server.say(final("After."));
    await shows(page, "After.");
    assert.deepEqual(await page.locator("#spoken p").allTextContents(), ["Before.", "Meanwhile.", "After."]);
  });

  it("of a missing track see the others, and are told", async (t) => {
    const server = await captioning(t);
    await server.say(final("Good morning."));
    const page = await open(t, `${server.url}/?tracks=hall`);
    await shows(page, "Good morning.");
    await page.waitForSelector("#trouble:visible");
    await tells(page, "#trouble", /no track here called hall/);
    await page.click("#open");
    assert.ok(await page.isVisible("#tracks"));
  });

  it("of a language that is not offered read and hear the original, and find the way back", async (t) => {
    const server = await captioning(t);
    const page = await open(t, `${server.url}/?lang=nl`);
    await isLive(page);
    await server.say(final("Good morning.", { lang: "en" }));
    await shows(page, "Good morning.");
    assert.equal(await page.locator(".stands-in").count(), 0);
    assert.deepEqual(await page.locator("#spoken p").allTextContents(), ["Good morning."]);
    assert.equal(await page.locator("#downloads a").first().getAttribute("href"), "api/transcript.txt");
    await page.selectOption("#language", "");
    assert.equal(await page.evaluate(() => location.search), "");
  });

  it("open a link with a token where the page is open already", async (t) => {
    const server = await captioning(t, { broadcast: 'viewer-token-env = "VIEWERS"', env: { VIEWERS: "sesame" } });
    await server.say(final("For members."));
    const page = await open(t, server.url);
    await page.waitForSelector("#admission:visible");
    await page.goto(`${server.url}/#token=sesame`);
    await shows(page, "For members.");
    assert.equal(await page.evaluate(() => location.href), `${server.url}/`);
  });

  it("in full screen see that the connection is lost", async (t) => {
    const server = await captioning(t);
    const network = await cuttable(t, server.url);
    const page = await open(t, network.url);
    await isLive(page);
    await page.keyboard.press("f");
    await page.waitForSelector("header", { state: "hidden" });
    network.cut();
    await page.waitForSelector("#status:visible");
    assert.ok(await page.isHidden("#open"));
  });

  it("share earlier choices by the address, and get the old number back instead of an invalid one", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await page.click("#open");
    await page.selectOption("[name=font]", "mono");
    await page.fill("[name=size]", "20");
    await page.press("[name=size]", "Tab");
    assert.equal(await page.inputValue("[name=size]"), "100");
    await page.goto(server.url);
    await isLive(page);
    assert.equal(await page.evaluate(() => location.search), "?font=mono");
  });

  describe("see nothing settled move down", () => {
    const watched = async (t, query = "") => {
      const relay = await relaying(t);
      const page = await open(t, undefined, { viewport: PHONE });
      const words = await watchSettledWords(page);
      await page.goto(relay.url + query);
      await isLive(page);
      /** Says a line and waits until the page shows it, or `shown`. */
      const say = async (line, shown = line.text) => {
        await relay.say(line);
        await shows(page, shown);
        await words.look();
      };
      return { relay, page, say, words, moved: async () => (await words.result()).moved };
    };

    it("where a partial ends empty", async (t) => {
      const { relay, page, say, words, moved } = await watched(t);
      await relay.say(hello(english), live());
      await say(caption(1, "First sentence of it."));
      await say(caption(2, "maybe this", { kind: "partial", committed: "" }));
      await relay.say(caption(2, ""));
      await page.waitForSelector('[data-key="english 2"]', { state: "hidden" });
      await words.look();
      assert.deepEqual(await moved(), []);
    });

    it("where a translation comes late, and shorter", async (t) => {
      const { relay, say, moved } = await watched(t, "/?lang=nl");
      await relay.say(hello(english), live(), caption(1, "One."));
      await say(dutch(1, "Een vertaling die vaststaat."));
      await say(caption(2, "This original is a long sentence that takes several lines on a phone, because it is so long."));
      await say(caption(3, "and now the next", { kind: "partial", committed: "and now" }));
      await say(dutch(2, "Kort."));
      // A translation that replaces its original is another word, not one that moved.
      assert.deepEqual((await moved()).filter((it) => it.before.word === it.now.word), []);
    });

    it("where two speak at once and the upper partial shrinks", async (t) => {
      const { relay, say, moved } = await watched(t);
      await relay.say(hello(track("a", "en"), track("b", "en")), live());
      const of = (track, text, committed, revision, start) => caption(1, text, { track, kind: "partial", committed, revision, start, end: start + 1 });
      await say(of("a", "alpha one two", "alpha one", 1, 1));
      await say(of("b", "bravo one two", "bravo one", 1, 2));
      await say(of("a", "alpha one two three four five six seven eight", "alpha one", 2, 1));
      await say(of("a", "alpha one two nine", "alpha one two", 3, 1));
      // The upper one may grow: then rows above it move up, and rows below it move down within the list.
      assert.deepEqual((await moved()).filter((it) => it.now.top > it.before.top + 1.5 || it.now.left !== it.before.left), []);
    });
  });

  it("beside a long word of the original never scroll sideways", async (t) => {
    const relay = await relaying(t);
    const page = await open(t, `${relay.url}/?lang=nl&both=on`);
    await isLive(page);
    const word = `https://example.org/${"averyveryverylongpath".repeat(6)}`;
    await relay.say(hello(english), live(), caption(1, `${word} is it`), dutch(1, `${word} is het`));
    await shows(page, "is het");
    assert.ok(await page.evaluate(() => { const it = document.getElementById("scroller"); return it.scrollWidth <= it.clientWidth; }));
    // On a phone the last lines have no room for the original.
    await page.setViewportSize(PHONE);
    await page.keyboard.press("v");
    assert.ok(await page.locator(".original").isHidden());
  });
});
