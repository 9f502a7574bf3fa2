// Where a speaker's sound comes from, in a real browser: another tab, a microphone that another program holds, and a screen that stays on meanwhile.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { hasStatus, isLive, launch, launchAudible, open, PHONE, shows, skip, tells } from "./support/browser.mjs";
import { shared } from "./support/cleanup.mjs";
import { asWav, DEMO, microphoneFlags, speaking } from "./support/speaker.mjs";

const TAB = "The talk in another tab";

describe("the sound of another tab", { skip }, () => {
  it("is sent until the tab is closed", async (t) => {
    // Without a fake microphone, whose sound a fake share would have too. Who shares is asked which tab: Chromium answers for them.
    const browser = await launchAudible(`--auto-select-tab-capture-source-by-title=${TAB}`);
    t.after(() => browser.close());
    const server = await speaking(t);
    const reader = await open(t, browser, server.url);
    const page = await open(t, browser, `${server.url}/speak`);
    const tab = await page.context().newPage();
    await tab.setContent(`<title>${TAB}</title><button>Play</button><audio src="data:audio/flac;base64,${readFileSync(DEMO).toString("base64")}"></audio>`);
    await page.bringToFront();
    await page.selectOption("#kind", "screen");
    await page.click("#start");
    await isLive(page);
    assert.ok(await page.isHidden("#device-row"), "there is no microphone to choose");
    // A page may play once somebody has touched it.
    await tab.click("button");
    await tab.evaluate(() => document.querySelector("audio").play());
    await shows(reader, "Good morning everyone. Welcome to the open meeting.");
    await tells(page, "#level-text", /^−\d+ dB$/);
    await isAccessible(page, "while a tab is shared");
    await tab.close();
    await hasStatus(page, "off");
    assert.ok(await page.isVisible("#start"));
    // Chromium notes that this page may not have a camera, and shares the tab all the same.
    assert.deepEqual(page.complaints.filter((it) => !it.includes("camera is not allowed")), []);
  });
});

describe("the microphone of a speaker", { skip }, () => {
  let browser;

  shared(async (t) => {
    browser = await launch(...microphoneFlags(await asWav(t)));
    t.after(() => browser.close());
  });

  it("is not asked for where a window is shared, which has no sound", async (t) => {
    const server = await speaking(t);
    const page = await open(t, browser, undefined, { viewport: PHONE });
    // As Chromium shares a window: only its picture.
    await page.addInitScript(() => (navigator.mediaDevices.getDisplayMedia = async () => document.createElement("canvas").captureStream()));
    await page.goto(`${server.url}/speak`);
    await page.selectOption("#kind", "screen");
    await page.click("#start");
    await tells(page, "#trouble", /What you share has no sound/);
    await isAccessible(page, "without sound");
  });

  it("comes from the microphone once another program has let go of it", async (t) => {
    const server = await speaking(t);
    const reader = await open(t, browser, server.url);
    const page = await open(t, browser, undefined, { viewport: PHONE });
    // What browsers fail with: no second program can hold a microphone that does not exist.
    await page.addInitScript(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      window.isHeld = true;
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (window.isHeld) throw new DOMException("Could not start audio source", "NotReadableError");
        return ask(wanted);
      };
    });
    await page.goto(`${server.url}/speak`);
    await page.click("#start");
    await tells(page, "#trouble", /Another program holds the microphone. Close it, then press Start/);
    await isAccessible(page, "with a microphone that is held");
    const { places } = await (await fetch(`${server.url}/api/speakers`)).json();
    assert.equal(places[0].speaker, null, "nobody was connected");
    await page.evaluate(() => (window.isHeld = false));
    await page.click("#start");
    await isLive(page);
    await tells(page, "#trouble", /^$/);
    await shows(reader, "Good morning everyone. Welcome to the open meeting.");
    // In the middle of the talk: the next microphone is held.
    await page.evaluate(() => (window.isHeld = true));
    await page.selectOption("#device", { index: 1 });
    await tells(page, "#trouble", /Another program holds the microphone/);
    await isAccessible(page, "with a microphone that is held in the middle of a talk");
    await page.evaluate(() => (window.isHeld = false));
    await page.click("#start");
    await isLive(page);
    await tells(page, "#trouble", /^$/);
    assert.ok(await page.isHidden("#start"));
  });

  it("keeps the screen on while it is sent, and says where it cannot", async (t) => {
    const server = await speaking(t);
    const page = await open(t, browser, undefined, { viewport: PHONE });
    await page.addInitScript(keepLocks);
    await page.goto(`${server.url}/speak`);
    const held = () => page.evaluate(() => window.locks.filter((it) => !it.released).length);
    assert.equal(await held(), 0, "nobody speaks yet");
    await page.click("#start");
    await isLive(page);
    await page.waitForFunction(() => window.locks.length === 1 && !window.locks[0].released);
    await page.evaluate(() => window.setHidden(true));
    assert.equal(await held(), 0, "as browsers do with pages that are hidden");
    await page.evaluate(() => window.setHidden(false));
    await page.waitForFunction(() => window.locks.length === 2 && !window.locks[1].released);
    await page.click("details summary");
    await page.uncheck("#awake");
    await page.waitForFunction(() => window.locks[1].released);
    await page.check("#awake");
    await page.waitForFunction(() => window.locks.length === 3 && !window.locks[2].released);
    await page.click("#stop");
    await page.waitForFunction(() => window.locks[2].released);
    // A phone whose battery is low refuses.
    await page.evaluate(() => (window.refuses = true));
    await page.click("#start");
    await isLive(page);
    await tells(page, "#notice", /The screen may switch off/);
    await isAccessible(page, "with a screen that may switch off");
  });
});

/** Runs in the page: the browser's own locks of the screen are kept account of; the test can hide the page, and have a lock refused. */
function keepLocks() {
  window.locks = [];
  const request = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (kind) => {
    if (window.refuses) throw new DOMException("the battery is low", "NotAllowedError");
    return window.locks[window.locks.push(await request(kind)) - 1];
  };
  let isHidden = false;
  Object.defineProperty(document, "hidden", { get: () => isHidden });
  window.setHidden = async (now) => {
    isHidden = now;
    if (now) await Promise.all(window.locks.map((it) => it.release()));
    document.dispatchEvent(new Event("visibilitychange"));
  };
}
