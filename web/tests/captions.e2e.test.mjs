// The caption page in a real browser against the real binary: nothing settled moves, nothing is missed, and it says why.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DESKTOP, PHONE, download, hasCount, hasStatus, isLive, isScrolledUp, pxFromEnd, shows, skip, tells, texts, useBrowser } from "./support/browser.mjs";
import { caption, final, finalsOf, hello, partial, track, translation } from "./support/events.mjs";
import { captioning, relaying } from "./support/livecap.mjs";
import { cuttable } from "./support/network.mjs";
import { watchSettledWords } from "./support/settled-words.mjs";
import { generator, speech } from "./support/speech.mjs";


describe("the caption page", { skip }, () => {
  const { open } = useBrowser();

  describe("what is settled", () => {
    for (const [name, query, viewport, lang] of [
      ["on a phone", "", PHONE, "en"],
      ["on a desktop", "", DESKTOP, "en"],
      ["in two lines", "?view=lines&size=150", DESKTOP, "en"],
      ["in short lines of large letters", "?width=17&size=200", { width: 900, height: 700 }, "en"],
      ["from right to left", "", { width: 500, height: 800 }, "he"],
    ]) {
      it(`never moves but up, ${name}`, async (t) => {
        const server = await captioning(t);
        const page = await open(t, undefined, { viewport });
        const words = await watchSettledWords(page);
        await page.goto(server.url + query);
        await isLive(page);
        for (const line of speech(generator(name.length), 8, lang)) {
          await server.say(line);
          await shows(page, line.text);
          await words.look();
        }
        const { moved, seen } = await words.result();
        assert.deepEqual(moved, []);
        assert.ok(seen > 60, `${seen} words were watched`);
        assert.deepEqual(page.complaints, []);
      });
    }

    it("stays where words are not divided by spaces, whatever sign follows", async (t) => {
      const relay = await relaying(t);
      const page = await open(t, undefined, { viewport: PHONE });
      const words = await watchSettledWords(page);
      await page.goto(relay.url);
      await isLive(page);
      await relay.say(hello(track("日本語", "ja")));
      const whole = "今日は晴れています。明日は雨が降るかもしれませんが、傘を持って行けば大丈夫です。それでは始めましょう。";
      for (let length = 1; length < whole.length; length += 1) {
        const text = whole.slice(0, length + 3);
        await relay.say(caption(1, text, { track: "日本語", lang: "ja", kind: "partial", revision: length, committed: whole.slice(0, length) }));
        await shows(page, text);
        await words.look();
      }
      const { moved, seen } = await words.result();
      assert.deepEqual(moved, []);
      assert.ok(seen > 25, `${seen} places were watched`);
    });
  });

  it("shows markup as the text that it is", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    const nasty = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> & <b>bold</b>`;
    await server.say(final(nasty), partial(`${nasty} again`, nasty));
    await shows(page, "again");
    assert.deepEqual(await texts(page), [nasty, `${nasty} again`]);
    assert.equal(await page.locator("#captions img, #captions script, #captions b, #spoken img, #spoken b").count(), 0);
    assert.equal(await page.title(), "Live captions");
    assert.deepEqual(page.complaints, []);
  });

  it("tells screen readers finals only, each once", async (t) => {
    const server = await captioning(t);
    await server.say(final("Said before."));
    const page = await open(t, server.url);
    await shows(page, "Said before.");
    await server.say(partial("good mor"), partial("good morning", "good"), final("good morning."), final("And welcome."));
    await shows(page, "And welcome.");
    const log = page.locator("#spoken");
    assert.deepEqual([await log.getAttribute("role"), await log.getAttribute("aria-live")], ["log", "polite"]);
    assert.deepEqual(await log.locator("p").allTextContents(), ["good morning.", "And welcome."]);
    assert.equal(await page.locator("#captions[aria-live], main[aria-live]").count(), 0);
  });

  it("misses nothing when its connection is cut while captions flow", async (t) => {
    const server = await captioning(t);
    const network = await cuttable(t, server.url);
    const page = await open(t, network.url);
    await isLive(page);
    const said = [];
    for (let round = 0; round < 3; round += 1) {
      for (let number = 0; number < 20; number += 1) {
        const text = `Sentence ${said.length + 1}.`;
        await server.say(partial(text.slice(0, -3), "Sentence"), final(text));
        said.push(text);
        if (number === 10) network.cut();
      }
      network.restore();
      await shows(page, said.at(-1));
    }
    assert.deepEqual(await texts(page), said);
  });

  it("catches up after a sleep in which its connection died", async (t) => {
    const server = await captioning(t);
    const network = await cuttable(t, server.url);
    const page = await open(t, network.url);
    await isLive(page);
    await server.say(final("Before."));
    await shows(page, "Before.");
    // The connection is gone and the page was not told. A headless browser freezes no page, so the test sends the event of
    // its end; without that the page would find out with the next ping, 45 s later.
    network.silence();
    await server.say(final("Meanwhile."));
    network.restore();
    await page.evaluate(() => document.dispatchEvent(new Event("resume")));
    await shows(page, "Meanwhile.");
    assert.deepEqual(await texts(page), ["Before.", "Meanwhile."]);
  });

  it("takes what is said while its tab is hidden and gets no frames", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await isLive(page);
    // A headless browser hides no tab, so the test says that it is hidden.
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { get: () => true });
      window.requestAnimationFrame = () => 0;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await server.say(...finalsOf(30, (number) => `Unseen ${number}.`));
    await hasCount(page, ".caption", 30, 20);
    assert.ok((await pxFromEnd(page)) < 2);
  });

  it("is whole again after the reader went away and back", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await server.say(final("Before."));
    await shows(page, "Before.");
    await page.goto(`${server.url}/demo`);
    await server.say(final("Meanwhile."));
    await page.goBack();
    await shows(page, "Meanwhile.");
    assert.deepEqual(await texts(page), ["Before.", "Meanwhile."]);
  });

  it("marks where sound was lost", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await server.say(final("Before.", { start: 0, end: 1 }), { type: "gap", start: 1, end: 4.2, why: "overload" }, final("After.", { start: 5, end: 6 }));
    await shows(page, "After.");
    assert.match(await page.textContent("#captions"), /Before\..*some words are missing here: the machine could not keep up \(3\ss\).*After\./);
  });

  it("shows a translation, the original where there is none, and both where that is wanted", async (t) => {
    const relay = await relaying(t);
    // The language is changed by a reader in translation.e2e.test.mjs, with a translator.
    const page = await open(t, `${relay.url}/?lang=nl`);
    await isLive(page);
    await relay.say(hello(track("english", "en", "nl", "ar")), caption(1, "Good morning."), translation(1, "nl", "Goedemorgen."), caption(2, "Thank you."));
    await shows(page, "Thank you.");
    assert.deepEqual(await texts(page), ["Goedemorgen.", "Thank you."]);
    assert.deepEqual(await page.locator("#language option").evaluateAll((all) => all.map((it) => it.value)), ["", "ar", "nl"]);
    const rows = page.locator(".caption");
    assert.deepEqual(await rows.evaluateAll((all) => all.map((it) => it.lang)), ["nl", "en"]);
    assert.match(await rows.nth(1).getAttribute("class"), /stands-in/);
    await page.keyboard.press("o");
    await page.waitForSelector(".original:visible");
    assert.deepEqual(await page.locator(".original:visible").allTextContents(), ["Good morning."]);
    assert.equal(await page.locator(".original").first().getAttribute("lang"), "en");
    assert.equal(new URL(page.url()).search, "?lang=nl&both=on");
  });

  it("lets the reader choose among tracks, which it names", async (t) => {
    const server = await captioning(t, { second: [final("צהריים טובים OBS לכולם.", { lang: "he", start: 9_000, end: 9_001 })] });
    const page = await open(t, server.url);
    await server.say(final("Good morning.", { lang: "en" }));
    await shows(page, "Good morning.");
    await shows(page, "צהריים");
    assert.deepEqual(await page.locator(".track").allTextContents(), ["english", "second"]);
    assert.deepEqual(await page.locator(".caption").evaluateAll((all) => all.map((it) => [it.lang, it.dir])), [["en", "ltr"], ["he", "rtl"]]);
    await page.keyboard.press("s");
    await page.locator("#tracks input").nth(1).uncheck();
    await hasCount(page, ".caption", 1);
    await isLive(page);
    assert.deepEqual(await texts(page), ["Good morning."]);
    assert.equal(new URL(page.url()).searchParams.get("tracks"), "english");
    // By keyboard too: a choice reconnects, and leaves the focus where it is.
    await page.keyboard.press("Space");
    await shows(page, "צהריים");
    assert.equal(await page.evaluate(() => document.activeElement.value), "second");
  });

  it("takes settings from its address, remembers what was chosen, and lets the address win", async (t) => {
    const server = await captioning(t);
    await server.say(final("Good morning."));
    const page = await open(t, `${server.url}/?size=200&colours=dark&font=serif&nonsense=1&width=999`);
    await shows(page, "Good morning.");
    const look = () => page.evaluate(() => ({ ...document.documentElement.dataset, scale: document.documentElement.style.getPropertyValue("--scale") }));
    const first = await look();
    assert.deepEqual([first.colours, first.font, first.scale], ["dark", "serif", "2"]);
    assert.equal(page.complaints.length, 2, page.complaints.join("\n"));
    // A link is for one visit: its settings are not stored.
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await page.click("#open");
    await page.selectOption("[name=font]", "mono");
    await page.fill("[name=size]", "150");
    assert.match(await page.evaluate(() => location.search), /size=150.*font=mono/);
    await page.goto(server.url);
    await shows(page, "Good morning.");
    const second = await look();
    assert.deepEqual([second.colours, second.font, second.scale], ["system", "mono", "1.5"]);
    await page.goto(`${server.url}/?font=sans`);
    assert.equal((await look()).font, "sans");
  });

  it("is worked by keys, which can be switched off, and traps no focus", async (t) => {
    const server = await captioning(t);
    await server.say(final("Good morning."));
    const page = await open(t, server.url);
    await shows(page, "Good morning.");
    const setting = (name) => page.evaluate((it) => document.documentElement.dataset[it] ?? document.documentElement.style.getPropertyValue(it), name);
    await page.keyboard.press("v");
    assert.equal(await setting("view"), "lines");
    await page.keyboard.press("+");
    assert.equal(await setting("--scale"), "1.1");
    await page.keyboard.press("c");
    assert.equal(await setting("colours"), "light");
    await page.keyboard.press("?");
    assert.ok(await page.isVisible("#keys"));
    assert.equal(await page.getAttribute("#open", "aria-expanded"), "true");
    // In a field a key is a letter.
    await page.focus("[name=size]");
    await page.keyboard.press("v");
    assert.equal(await setting("view"), "lines");
    await page.keyboard.press("Escape");
    assert.ok(await page.isHidden("#panel"));
    assert.equal(await page.evaluate(() => document.activeElement.id), "open");
    await page.keyboard.press("s");
    const ways = new Set();
    for (let times = 0; times < 40; times += 1) {
      await page.keyboard.press("Tab");
      ways.add(await page.evaluate(() => document.activeElement.id || document.activeElement.getAttribute("name") || document.activeElement.tagName));
    }
    for (const it of ["open", "keys", "shut", "usual", "view"]) assert.ok(ways.has(it), `${it} is reached: ${[...ways]}`);
    await page.uncheck("[name=keys]");
    await page.keyboard.press("Escape");
    await page.keyboard.press("v");
    assert.equal(await setting("view"), "lines");
  });

  it("stays where somebody reads back, and goes to the newest line when asked to", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await server.say(...finalsOf(60, (number) => `Sentence number ${number}, which is not very short.`));
    await shows(page, "number 60,");
    await isScrolledUp(page, 0);
    await page.locator("#scroller").hover();
    await page.mouse.wheel(0, -900);
    await page.waitForSelector("#newest:visible");
    const top = () => page.evaluate(() => document.querySelectorAll(".caption")[40].getBoundingClientRect().top);
    const before = await top();
    await server.say(...finalsOf(20, (number) => `More of it, ${number}.`));
    await shows(page, "More of it, 20.");
    assert.equal(await top(), before);
    await page.setViewportSize({ width: 1280, height: 500 });
    await page.click("#newest");
    assert.ok((await pxFromEnd(page)) < 2);
    assert.ok(await page.isHidden("#newest"));
    await server.say(final("The last one."));
    await shows(page, "The last one.");
    assert.ok((await pxFromEnd(page)) < 2);
    // The last lines are always the newest: there is nothing to jump to, whatever the window does.
    await page.keyboard.press("v");
    await page.setViewportSize({ width: 700, height: 900 });
    await server.say(final("And one more."));
    await shows(page, "And one more.");
    await page.keyboard.press("-");
    assert.ok(await page.isHidden("#newest"));
    assert.ok((await pxFromEnd(page)) < 2);
  });

  it("gives the transcript as a file, in the language that is read", async (t) => {
    const server = await captioning(t);
    await server.say(final("Good morning.", { start: 0, end: 2 }));
    const page = await open(t, server.url);
    await shows(page, "Good morning.");
    await page.click("#open");
    for (const [format, body] of [["text", /^Good morning\.\n$/], ["srt", /00:00:00,000 --> .*\nGood morning\./], ["vtt", /^WEBVTT/], ["json", /"text":"Good morning\."/]]) {
      const file = await download(page, `#downloads a:text-is("${format}")`);
      assert.equal(file.name, `captions.${format === "text" ? "txt" : format}`);
      assert.match(file.text, body);
    }
  });

  describe("with nothing to show", () => {
    it("says that it listens, and that the captions have ended", async (t) => {
      const server = await captioning(t);
      const page = await open(t, server.url);
      await isLive(page);
      await tells(page, "#empty", /Listening/);
      server.done();
      await hasStatus(page, "ended");
      await tells(page, "#empty", /ended/);
    });

    it("says in plain words what its stages mean for readers: not yet, interrupted, paused", async (t) => {
      const relay = await relaying(t);
      const page = await open(t, relay.url);
      await isLive(page);
      await tells(page, "#empty", /as soon as there are some/);
      const says = async (state, words) => {
        await relay.say({ type: "state", lag_ms: null, paused: false, stages: [{ name: "mic", state: "running" }], ...state });
        await tells(page, "#empty", words);
      };
      await relay.say(hello(track("english", "en")));
      await says({ stages: [{ name: "english", state: "starting" }] }, /will begin soon/);
      await says({}, /Listening/);
      await says({ stages: [{ name: "mic", state: "restarting", why: "the device is gone" }] }, /stopped for a moment/);
      await says({ paused: true }, /Paused/);
      await hasStatus(page, "paused");
      await says({ stages: [{ name: "mic", kind: "microphone", state: "degraded", why: "it is gone" }] }, /stopped for a moment/);
      await tells(page, "#status", /^interrupted$/);
      // Which stage it is, and why, is for the operator's page.
      assert.doesNotMatch(await page.innerText("body"), /\bmic\b|device|microphone/);
      await says({ level_db: -80 }, /Listening/);
      await relay.say(caption(1, "Good morning."));
      await shows(page, "Good morning.");
      await relay.say({ type: "state", lag_ms: null, paused: true, stages: [] });
      await page.waitForSelector("#trouble:visible");
      await tells(page, "#trouble", /Paused/);
    });

    it("asks for a token where one is needed, keeps it out of the address, and takes it from a fragment", async (t) => {
      const server = await captioning(t, { broadcast: 'viewer-token-env = "VIEWERS"', env: { VIEWERS: "open sesame" } });
      await server.say(final("For members."));
      const page = await open(t, server.url);
      await page.waitForSelector("#admission:visible");
      assert.ok(await page.isHidden("#refused"));
      await page.fill("#token", "wrong");
      await page.keyboard.press("Enter");
      await page.waitForSelector("#refused:visible");
      await page.fill("#token", "open sesame");
      await page.click("#admission button");
      await shows(page, "For members.");
      assert.ok(await page.isHidden("#admission"));
      assert.equal(page.url(), `${server.url}/`);
      await page.reload();
      await shows(page, "For members.");
      await page.click("#open");
      assert.deepEqual(await download(page, '#downloads a:text-is("text")'), { name: "captions.txt", text: "For members.\n" });
      const other = await open(t, `${server.url}/?size=120#token=open%20sesame`);
      await shows(other, "For members.");
      assert.equal(other.url(), `${server.url}/?size=120`);
    });

    it("says that the server is full, and comes in when there is room", async (t) => {
      const server = await captioning(t, { broadcast: "max-viewers = 1" });
      const first = await open(t, server.url);
      await isLive(first);
      const second = await open(t, server.url);
      await tells(second, "#empty", /full/);
      await first.context().close();
      await isLive(second);
    });

    it("says that the connection is lost, and goes on trying", async (t) => {
      const server = await captioning(t);
      const network = await cuttable(t, server.url);
      const page = await open(t, network.url);
      await isLive(page);
      network.cut();
      await tells(page, "#empty", /connection is lost/);
      network.restore();
      await isLive(page);
    });
  });
});
