// What the pages say of an event: its title and logo, what comes before it, and the slide with the address for an audience.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import jsQR from "jsqr";
import pngjs from "pngjs";
import { isAccessible } from "./support/accessibility.mjs";
import { download, hasStatus, isLive, open as openIn, PHONE, photograph, shows, skip, tells, useBrowser } from "./support/browser.mjs";
import { final } from "./support/events.mjs";
import { captioning, running } from "./support/livecap.mjs";

const PROJECTOR = { width: 1920, height: 1080 };
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 60"><rect width="220" height="60" rx="12" fill="#7a1f5c"/><text x="110" y="40" font-size="30" font-family="sans-serif" text-anchor="middle" fill="#fff">City Hall</text></svg>`;
const TITLE = 'Town hall: "Roads & <bridges>"';
const PAGE = `[page]
title = '${TITLE}'
subtitle = "An evening with the council"
starts = "2030-06-01 19:30 Europe/Amsterdam"
welcome = """
Doors open at seven.

Captions are made by a machine."""
logo = "logo.svg"
accent = "#ffe000"
`;
// Nothing answers there, and nothing needs to.
const DUTCH = '[translate.dutch]\nfrom = "english"\nto = "nl"\nprovider = "libretranslate"\nurl = "http://127.0.0.1:9"\n';
// A name that is no loopback one, which the browser of these tests finds here: what a phone in the same network would open.
const HOST = "hall.example";

describe("an event", { skip }, () => {
  const { open } = useBrowser(`--host-resolver-rules=MAP ${HOST} 127.0.0.1`);

  function event(t, broadcast = "", env = {}) {
    const pipeline = `${PAGE}\n[lines.english]\npath = "-"\n\n\n${DUTCH}\n[broadcast.web]\nfrom = ["english", "dutch"]\nlisten = "127.0.0.1:0"\n${broadcast}\n`;
    return running(t, pipeline, env, { "logo.svg": LOGO });
  }

  it("has its title on the page, in the tab and in downloads, without another one before", async (t) => {
    const server = await event(t);
    const html = await (await fetch(server.url)).text();
    assert.match(html, /<title>Town hall: &quot;Roads &amp; &lt;bridges&gt;&quot;<\/title>/);
    const page = await open(t, server.url);
    await isLive(page);
    assert.equal(await page.title(), TITLE);
    assert.equal(await page.locator("h1").innerText(), TITLE);
    // A change of the page's language leaves it as it is.
    await page.goto(`${server.url}/?ui=nl`);
    await page.waitForSelector('html[lang="nl"]');
    assert.equal(await page.title(), TITLE);
    await server.say(final("Good evening."));
    await shows(page, "Good evening.");
    await page.keyboard.press("s");
    const file = await download(page, '#downloads a[href^="api/transcript.vtt"]');
    assert.equal(file.name, "Town-hall-Roads-bridges.vtt");
    assert.match(file.text, /^WEBVTT Town hall: "Roads & <bridges>"\n\n/);
    assert.equal((await (await fetch(`${server.url}/api/transcript.json`)).json()).title, TITLE);
    for (const [path, title] of [["/overlay", TITLE], ["/join", TITLE], ["/operator", `${TITLE}: operator`], ["/demo", "Socket.IO demo"]]) {
      await page.goto(server.url + path);
      assert.equal(await page.title(), title, path);
    }
    assert.deepEqual(page.complaints, []);
  });

  it("is told before it starts, in the reader's time zone, until the first caption", async (t) => {
    const server = await event(t);
    const page = await open(t, undefined, { timezoneId: "America/New_York", locale: "en-US", viewport: PHONE });
    await page.clock.install({ time: new Date("2030-06-01T15:00:00Z") });
    await page.goto(server.url);
    await isLive(page);
    await page.waitForSelector("#before:visible");
    await tells(page, "#event-starts", /^Starts: Saturday, June 1 at 1:30\sPM EDT$/);
    assert.equal(await page.locator("#event-title").innerText(), TITLE);
    assert.deepEqual(await page.locator("#event-welcome p").allInnerTexts(), ["Doors open at seven.", "Captions are made by a machine."]);
    assert.ok(await page.locator("#before img").evaluate((it) => it.complete && it.naturalWidth > 0), "the logo is shown");
    assert.ok(await page.isHidden("#empty"), "nobody expects captions before it starts");
    await isAccessible(page, "before the event, on a phone");
    await photograph(page, "before-phone.png");
    // Time passes: nothing is waited for.
    await page.clock.fastForward("02:00:00");
    await tells(page, "#event-starts", /\(in 30 minutes\)$/);
    await page.clock.fastForward("00:31:00");
    await page.waitForSelector("#event-starts", { state: "hidden" });
    await tells(page, "#empty", /as soon as somebody speaks/);
    assert.ok(await page.isVisible("#event-welcome"), "until somebody speaks");
    await server.say(final("Good evening."));
    await shows(page, "Good evening.");
    await page.waitForSelector("#before", { state: "hidden" });
  });

  for (const [name, query, options] of [["light", "?colours=light", {}], ["dark", "?colours=dark", {}], ["high contrast", "?colours=contrast", {}], ["the system's own colours", "", { forcedColors: "active" }]]) {
    it(`passes axe-core, its colour too: ${name}`, async (t) => {
      const server = await event(t);
      const page = await open(t, `${server.url}/${query}`, options);
      await isLive(page);
      await page.waitForSelector("#before:visible");
      await isAccessible(page, "before the first caption");
      await page.keyboard.press("j");
      await page.waitForSelector("#join[open]");
      await isAccessible(page, "the slide over the captions");
      await page.goto(`${server.url}/join${query}`);
      await page.waitForSelector(".slide h2");
      await isAccessible(page, "the page of the slide");
    });
  }

  it("has a logo that can do nothing but be looked at", async (t) => {
    const server = await event(t);
    const answer = await fetch(`${server.url}/logo`);
    assert.equal(answer.headers.get("content-type"), "image/svg+xml");
    assert.match(answer.headers.get("content-security-policy"), /^default-src 'none'.*sandbox/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(await answer.text(), LOGO);
    const again = await fetch(`${server.url}/logo`, { headers: { "if-none-match": answer.headers.get("etag") } });
    assert.equal(again.status, 304);
    const plain = await captioning(t);
    assert.equal((await fetch(`${plain.url}/logo`)).status, 404);
  });

  it("has a slide whose code opens the captions", async (t) => {
    const server = await event(t, `hosts = ["${HOST}"]`);
    const address = server.url.replace("127.0.0.1", HOST);
    for (const [name, viewport] of [["projector", PROJECTOR], ["phone", PHONE]]) {
      const page = await open(t, `${address}/join?colours=dark`, { viewport });
      await page.waitForSelector(".qr");
      await page.waitForSelector(".languages li");
      assert.deepEqual(await page.locator(".languages li").allInnerTexts(), ["Nederlands"], "each in its own words");
      await photograph(page, `join-${name}.png`);
      assert.equal(await scanned(page), address);
      assert.equal(await page.innerText(".address"), address.replace("http://", ""));
      const fits = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth <= innerWidth, high: document.querySelector(".qr").getBoundingClientRect().bottom <= innerHeight }));
      assert.deepEqual(fits, { wide: true, high: true }, name);
      assert.deepEqual(page.complaints, []);
    }
    const reader = await open(t, address);
    await isLive(reader);
    await server.say(final("Good evening."));
    await shows(reader, "Good evening.");
    // On the page of captions it comes and goes with a key, and stays in full screen.
    await reader.keyboard.press("j");
    await reader.waitForSelector("#join[open] .qr");
    assert.equal(await scanned(reader), address);
    await reader.keyboard.press("j");
    await reader.waitForSelector("#join:not([open])", { state: "attached" });
    await reader.keyboard.press("j");
    await reader.keyboard.press("Escape");
    await reader.waitForSelector("#join:not([open])", { state: "attached" });
  });

  it("has the public address on its slide, and leads back to the captions by key", async (t) => {
    const server = await event(t, 'public-url = "https://captions.example/hall"');
    const page = await open(t, `${server.url}/join?colours=contrast`);
    await page.waitForSelector(".qr");
    assert.equal(await scanned(page), "https://captions.example/hall");
    await page.keyboard.press("j");
    await page.waitForURL(`${server.url}/?colours=contrast`);
    await isLive(page);
  });

  it("says on a machine that others cannot reach what to change, to operators alone", async (t) => {
    const open_ = await event(t);
    const page = await open(t, `${open_.url}/join`);
    await tells(page, ".slide", /on this computer only/);
    await tells(page, ".remedy", /listen = "0\.0\.0\.0:31979"/);
    assert.equal(await page.locator(".qr").count(), 0);
    const guarded = await event(t, 'operator-token-env = "OPERATOR"', { OPERATOR: "0perator" });
    const reader = await open(t, `${guarded.url}/join`);
    await tells(reader, ".slide", /on this computer only/);
    assert.equal(await reader.locator(".remedy").count(), 0);
    const operator = await openIn(t, reader.context().browser(), `${guarded.url}/join#token=0perator`);
    await tells(operator, ".remedy", /listen/);
  });

  it("gives away no token on its slide unless who has it asks for that", async (t) => {
    const server = await event(t, `hosts = ["${HOST}"]\nviewer-token-env = "VIEWERS"`, { VIEWERS: "s/cret" });
    const address = server.url.replace("127.0.0.1", HOST);
    const stranger = await open(t, `${address}/join`);
    await tells(stranger, ".slide", /need a token/);
    assert.equal(await scanned(stranger), address);
    assert.equal(await stranger.locator(".languages").count(), 0, "who may not read is not told the languages");
    const reader = await open(t, `${address}/join#token=s%2Fcret`);
    await reader.waitForSelector(".languages li");
    assert.equal(await scanned(reader), address);
    assert.equal(new URL(reader.url()).hash, "");
    const sharing = await open(t, `${address}/join?share=token#token=s%2Fcret`);
    await sharing.waitForSelector(".languages li");
    const code = await scanned(sharing);
    assert.equal(code, `${address}/#token=s%2Fcret`);
    const invited = await open(t, code);
    await hasStatus(invited, "live");
  });
});

/** What the code on the page says, read from a picture of the whole page as a phone would. */
async function scanned(page) {
  const { data, width, height } = pngjs.PNG.sync.read(await page.screenshot());
  return jsQR(new Uint8ClampedArray(data), width, height)?.data;
}
