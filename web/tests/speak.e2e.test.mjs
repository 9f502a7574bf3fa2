// The page of speakers in a real browser with a fake microphone that plays real speech, against the real binary: words on another page.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { isAccessible } from "./support/accessibility.mjs";
import { PHONE, hasStatus, isLive, launch, open, photograph, shows, skip, tells } from "./support/browser.mjs";
import { shared } from "./support/cleanup.mjs";
import { temporaryFolder } from "./support/livecap.mjs";
import { follow } from "./support/operator.mjs";
import { asWav, microphoneFlags, speaking, throughNetwork } from "./support/speaker.mjs";
import { SOON_MS } from "./support/within.mjs";

const RATE = 16_000;
const HEAVIEST = 25_000;

describe("the page of speakers", { skip }, () => {
  let browser, wav;

  shared(async (t) => {
    wav = await asWav(t);
    browser = await launch(...microphoneFlags(wav), "--host-resolver-rules=MAP hall.test 127.0.0.1");
    t.after(() => browser.close());
  });

  async function started(t, url, options = {}) {
    const page = await open(t, browser, url, { viewport: PHONE, ...options });
    await page.click("#start");
    await isLive(page);
    return page;
  }

  it("sends what is said: its words are on another page, and its own captions where it asks for them", async (t) => {
    const server = await speaking(t);
    const page = await open(t, browser, `${server.url}/speak#stage=panel&name=Ada`, { viewport: PHONE });
    assert.equal(await page.evaluate(() => location.hash), "", "what is in the link is not in the address any more");
    assert.equal(await page.inputValue("#name"), "Ada");
    await isAccessible(page, "before it starts");
    await photograph(page, "speak-phone-start.png");
    const reader = await open(t, browser, server.url);
    await page.click("#start");
    await isLive(page);
    await tells(page, "#who", /^Ada$/);
    await shows(reader, "Good morning everyone. Welcome to the open meeting.");
    await tells(page, "#sent", /^Opus, 32 kbit\/s$/);
    await tells(page, "#delay", /^0\.\d s$/);
    await tells(page, "#lost", /^0\.0 s$/);
    await tells(page, "#level-text", /^−\d+ dB$/);
    assert.deepEqual(page.requests.filter((it) => it.includes("socket.io") || it.includes("captions.js")), [], "captions are not loaded before they are asked for");
    await page.check("#show");
    const frame = page.frameLocator("#monitor iframe");
    await frame.locator(".caption", { hasText: /\w/ }).first().waitFor();
    assert.ok(page.requests.some((it) => it.includes("tracks=words")), "of its own track");
    await isAccessible(page, "while it speaks, with its captions");
    await photograph(page, "speak-phone.png");
    await page.uncheck("#show");
    await page.waitForSelector("#monitor iframe", { state: "detached" });
    await page.click("#stop");
    await hasStatus(page, "off");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "start");
    assert.deepEqual([...new Set(page.requests)].filter((it) => new URL(it).origin !== server.url), []);
    assert.deepEqual(page.complaints, []);
    const { places } = await speakers(server.url);
    assert.equal(places[0].speaker?.connected ?? false, false, "the place is free at once");
  });

  it("is small, and alone in what it may ask the browser for", async (t) => {
    const server = await speaking(t);
    const files = ["speak", "speak.css", "speak.js", "speak-worker.js", "speak-worklet.js", "icon.svg"];
    const answers = await Promise.all(files.map((it) => fetch(`${server.url}/${it}`, { headers: { "accept-encoding": "gzip" } })));
    const sizes = await Promise.all(answers.map(async (it) => gzipSync(Buffer.from(await it.arrayBuffer()), { level: 9 }).length));
    const sum = sizes.reduce((all, it) => all + it);
    console.log(`/speak: ${sum} bytes, compressed: ${files.map((it, at) => `${it} ${sizes[at]}`).join(", ")}`);
    assert.ok(sum <= HEAVIEST, `${sum} bytes`);
    const [page, front] = [answers[0], await fetch(server.url)];
    assert.equal(page.headers.get("permissions-policy"), "camera=(), microphone=(self), display-capture=(self)");
    assert.equal(front.headers.get("permissions-policy"), "camera=(), microphone=(), display-capture=()");
    assert.match(page.headers.get("content-security-policy"), /script-src 'self'.*trusted-types livecap-speak, frame-ancestors 'none'$/);
    assert.match(front.headers.get("content-security-policy"), /trusted-types 'none'$/);
  });

  for (const colours of ["light", "dark", "contrast"]) {
    it(`passes axe-core, from right to left too: ${colours}`, async (t) => {
      const server = await speaking(t);
      const page = await started(t, `${server.url}/speak?ui=ar&colours=${colours}`);
      assert.equal(await page.evaluate(() => document.documentElement.dir), "rtl");
      await page.click("details summary");
      await isAccessible(page, colours);
      await photograph(page, `speak-phone-${colours}.png`);
    });
  }

  it("is muted by its button and by a key, and that is no gap", async (t) => {
    const server = await speaking(t);
    const viewer = await follow(server.url);
    t.after(() => viewer.close());
    const page = await started(t, `${server.url}/speak`);
    await viewer.next("caption", (it) => it.text.includes("morning"));
    await page.keyboard.press("m");
    await hasStatus(page, "muted");
    assert.equal(await page.getAttribute("#mute", "aria-pressed"), "true");
    await until(async () => (await speakers(server.url)).places[0].speaker?.muted === true);
    // What is said before it is finished, and nothing after it comes.
    await viewer.next("caption", (it) => it.kind === "final");
    await isAccessible(page, "muted");
    await page.click("#mute");
    await isLive(page);
    await until(async () => (await speakers(server.url)).places[0].speaker?.muted === false);
    const before = viewer.all("caption").length;
    await until(() => viewer.all("caption").length > before);
    assert.deepEqual(viewer.all("gap"), []);
    await tells(page, "#lost", /^0\.0 s$/);
  });

  it("goes on after a reload in the same place, without being asked", async (t) => {
    const server = await speaking(t, { keys: "speakers = 3" });
    const page = await started(t, `${server.url}/speak#name=Ada`);
    await until(async () => (await speakers(server.url)).places[0].speaker?.connected);
    const viewer = await follow(server.url);
    t.after(() => viewer.close());
    await viewer.next("caption", (it) => it.track === "words.1");
    await page.reload();
    await isLive(page);
    const { places } = await speakers(server.url);
    assert.deepEqual(places.map((it) => it.speaker?.name), ["Ada", undefined, undefined], JSON.stringify(places));
    const captions = viewer.all("caption").length;
    await until(() => viewer.all("caption").length > captions);
    assert.ok(viewer.all("caption").every((it) => it.track === "words.1"));
    // It was away for a moment, and readers are told so.
    const gap = await viewer.next("gap", (it) => it.track === "words.1");
    assert.equal(gap.why, "device");
    assert.ok(gap.end - gap.start < 10, JSON.stringify(gap));
  });

  for (const codec of ["opus", "pcm_s16le"]) {
    it(`loses nothing in a short cut, and doubles nothing: ${codec}`, async (t) => {
      const server = await speaking(t);
      const network = await throughNetwork(t, server.url);
      const viewer = await follow(server.url);
      t.after(() => viewer.close());
      const page = await open(t, browser, `${network.url}/speak`);
      await page.click("details summary");
      await page.selectOption("#codec", codec);
      await page.click("#start");
      await isLive(page);
      await viewer.next("caption", (it) => it.text.includes("Welcome"));
      network.cut();
      await hasStatus(page, "waiting");
      await tells(page, "#trouble", /connection is lost/);
      // The page tries after about 0.5, 1 and 2 s; what is said meanwhile fills a part of its ring.
      await network.refused(3);
      network.mend();
      await isLive(page);
      await viewer.next("caption", (it) => it.kind === "final" && it.text.includes("live captions"));
      // A segment ends where the network does, so that nobody waits for its end; its last words may be heard in another way.
      const finals = viewer.all("caption").filter((it) => it.kind === "final");
      assert.match(finals.map((it) => it.text).join(" "), /^Good morning everyone\. Welcome to.* meeting\. My name is Anna\. Good morning Anna\. Can you hear me\? This is a test of the live captions\.$/);
      assert.deepEqual(viewer.all("gap"), []);
      assert.ok(finals.every((it, at) => at === 0 || it.start >= finals[at - 1].end - 0.001), "nothing is there twice");
      await tells(page, "#lost", /^0\.0 s$/);
      assert.equal((await speakers(server.url)).places[0].dropped_ms, 0);
    });
  }

  it("tells a gap with its length where a cut is longer than what is kept, and keeps the order", async (t) => {
    const server = await speaking(t);
    const network = await throughNetwork(t, server.url);
    const viewer = await follow(server.url);
    t.after(() => viewer.close());
    const page = await started(t, `${network.url}/speak`);
    await viewer.next("caption", (it) => it.text.includes("Welcome"));
    network.cut();
    await hasStatus(page, "waiting");
    // As soon as the ring is full, sound is lost.
    await tells(page, "#lost", /^[3-9]\.\d s$/);
    network.mend();
    await isLive(page);
    const gap = await viewer.next("gap", (it) => it.why === "network");
    const lost = Number(/[\d.]+/.exec(await page.textContent("#lost"))[0]);
    assert.ok(Math.abs(gap.end - gap.start - lost) < 1, `${JSON.stringify(gap)}: the page says ${lost} s`);
    await viewer.next("caption", (it) => it.kind === "final" && it.start >= gap.end - 0.1);
    const starts = viewer.all("caption").filter((it) => it.kind === "final").map((it) => it.start);
    assert.deepEqual(starts, [...starts].sort((a, b) => a - b));
    assert.equal(viewer.all("gap").filter((it) => it.why === "network").length, 1);
  });

  it("changes the device, takes another one where it goes away, and tells what the system has muted", async (t) => {
    const server = await speaking(t);
    const viewer = await follow(server.url);
    t.after(() => viewer.close());
    const page = await open(t, browser, undefined, { viewport: PHONE });
    // What no test can do to a device by itself: its tracks are kept, so that they can be ended and muted.
    await page.addInitScript(() => {
      window.tracks = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        window.tracks.push(...stream.getTracks());
        window.asked = wanted;
        return stream;
      };
      // A headless browser hides no tab, so the test says that it is hidden.
      let isHidden = false;
      Object.defineProperty(document, "hidden", { get: () => isHidden });
      window.setHidden = (it) => {
        isHidden = it;
        document.dispatchEvent(new Event("visibilitychange"));
      };
    });
    await page.goto(`${server.url}/speak`);
    await page.click("#start");
    await isLive(page);
    const { echoCancellation, noiseSuppression, autoGainControl } = await page.evaluate(() => window.asked.audio);
    assert.deepEqual([echoCancellation, noiseSuppression, autoGainControl], [false, false, true], "as the stage's defaults are");
    await viewer.next("caption", (it) => it.text.includes("morning"));
    const devices = await page.locator("#device option").evaluateAll((all) => all.map((it) => it.value));
    assert.ok(devices.length > 1, `${devices}`);
    await page.selectOption("#device", devices.at(-1));
    await page.waitForFunction((id) => window.tracks.at(-1).getSettings().deviceId === id && window.tracks[0].readyState === "ended", devices.at(-1));
    let captions = viewer.all("caption").length;
    await until(() => viewer.all("caption").length > captions);
    await page.evaluate(() => window.tracks.at(-1).dispatchEvent(new Event("ended")));
    await tells(page, "#notice", /microphone has changed: /);
    assert.equal(await page.evaluate(() => window.tracks.filter((it) => it.readyState === "live").length), 1);
    captions = viewer.all("caption").length;
    await until(() => viewer.all("caption").length > captions);
    await page.evaluate(() => window.tracks.at(-1).dispatchEvent(new Event("mute")));
    await tells(page, "#trouble", /system has switched the microphone off/);
    // While the page is hidden a phone may do that: how much was lost is told afterwards.
    await page.evaluate(() => window.setHidden(true));
    await within3s();
    await page.evaluate(() => window.tracks.at(-1).dispatchEvent(new Event("unmute")));
    await tells(page, "#trouble", /While this page was hidden, [2-9] s of sound were lost/);
    await page.evaluate(() => window.setHidden(false));
    const gap = await viewer.next("gap", (it) => it.why === "device" && it.end - it.start > 2);
    assert.ok(gap.end - gap.start < 10, JSON.stringify(gap));
  });

  it("goes on in a hidden tab", async (t) => {
    const server = await speaking(t);
    const viewer = await follow(server.url);
    t.after(() => viewer.close());
    const page = await started(t, `${server.url}/speak`);
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { get: () => true });
      window.requestAnimationFrame = () => 0;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await viewer.next("caption", (it) => it.text.includes("open meeting"));
    await tells(page, "#lost", /^0\.0 s$/);
    assert.deepEqual(viewer.all("gap"), []);
  });

  it("asks for the token where its link has none that is valid, and goes where a pasted link leads", async (t) => {
    const server = await speaking(t, { keys: 'speaker-token-env = "SPEAKERS"', env: { SPEAKERS: "a+secret" } });
    const page = await open(t, browser, `${server.url}/speak#token=wrong&name=Ada`, { viewport: PHONE });
    await page.click("#start");
    await hasStatus(page, "refused");
    await tells(page, "#trouble", /valid link is needed/);
    await isAccessible(page, "refused");
    await photograph(page, "speak-phone-refused.png");
    await page.fill("#token", `${server.url}/speak#token=${encodeURIComponent("a+secret")}`);
    await page.keyboard.press("Enter");
    await isLive(page);
    await tells(page, "#who", /^Ada$/);
    assert.ok(page.requests.every((it) => !it.includes("secret") && !it.includes("wrong")), "no token in an address");
    await page.reload();
    await isLive(page);
  });

  it("says what to do at an address that is not secure", async (t) => {
    const server = await speaking(t, { broadcast: 'hosts = ["hall.test"]' });
    const page = await open(t, browser, `${server.url.replace("127.0.0.1", "hall.test")}/speak`, { viewport: PHONE });
    await tells(page, "#trouble", /address begins with https/);
    await page.click("#start");
    await tells(page, "#trouble", /address begins with https/);
    await isAccessible(page, "insecure");
    await photograph(page, "speak-phone-insecure.png");
  });

  it("follows what an operator does with its link: a name, and its end", async (t) => {
    const server = await speaking(t, { keys: "speakers = 2", broadcast: 'operator-token-env = "OPERATOR"', env: { OPERATOR: "secret" } });
    const operator = await open(t, browser, `${server.url}/operator#token=secret`);
    await operator.fill("#speaker-name", "Ada & co");
    await operator.click("#make-link");
    await operator.waitForSelector("#made .qr");
    const link = await operator.inputValue("#made-link");
    assert.match(link, /\/speak#token=[0-9a-f]{32}&stage=panel&name=Ada%20%26%20co$/);
    const page = await started(t, link);
    await tells(page, "#who", /^Ada & co$/);
    await tells(operator, "#speaker-rows", /panel 1Ada & cospeaking−\d+ dB.*Opus/);
    await isAccessible(operator, "the operator's page, with a speaker and a link");
    await photograph(operator, "operator-speakers.png");
    await operator.click('[aria-label="Rename: Ada & co"]');
    await operator.fill("#new-name", "Ada Lovelace");
    await operator.keyboard.press("Enter");
    await tells(page, "#who", /^Ada Lovelace$/);
    await operator.click('[aria-label="Take back: Ada Lovelace"]');
    await hasStatus(page, "refused");
    await tells(page, "#trouble", /has taken this link back/);
    await tells(operator, "#speaker-rows", /^$/);
    assert.deepEqual([page.complaints, operator.complaints], [[], []]);
  });
});

describe("the page of speakers, with another microphone", { skip }, () => {
  for (const [name, samples, pattern] of [
    ["silent", () => 0, /No sound comes from the microphone/],
    ["too loud", (at) => (Math.floor(at / 20) % 2 ? 32_767 : -32_768), /Too loud/],
  ]) {
    it(`says that it is ${name}`, async (t) => {
      const file = join(temporaryFolder(t), "sound.wav");
      writeFileSync(file, waveFile(Int16Array.from({ length: RATE }, (_, at) => samples(at))));
      const browser = await launch(...microphoneFlags(file));
      t.after(() => browser.close());
      const server = await speaking(t, { keys: "auto-gain = false" });
      const page = await open(t, browser, `${server.url}/speak`, { viewport: PHONE });
      await page.click("#start");
      await tells(page, "#trouble", pattern);
      await isAccessible(page, name);
    });
  }

  it("says that it may not have it, and that there is none", async (t) => {
    const server = await speaking(t);
    for (const [flags, pattern] of [
      [[...microphoneFlags(undefined, { asks: true }), "--deny-permission-prompts"], /The microphone is not allowed/],
      [["--use-fake-ui-for-media-stream"], /There is no microphone/],
    ]) {
      const browser = await launch(...flags);
      t.after(() => browser.close());
      const page = await open(t, browser, `${server.url}/speak`, { viewport: PHONE });
      await page.click("#start");
      await tells(page, "#trouble", pattern);
      assert.ok(await page.isVisible("#start"), "it can be tried again");
      assert.equal((await speakers(server.url)).places[0].speaker, null, "nobody was connected");
    }
  });
});

async function speakers(url) {
  return (await fetch(`${url}/api/speakers`)).json();
}

/** Waits until it holds. */
async function until(holds) {
  const until = Date.now() + SOON_MS;
  while (!(await holds())) {
    assert.ok(Date.now() < until, `it did not come true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** How long a device is away in a test. What is told then is that time itself. */
function within3s() {
  return new Promise((resolve) => setTimeout(resolve, 3_000));
}

/** One channel. */
function waveFile(samples) {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(2 * RATE, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}
