// The overlay builder in a real browser: its address is its state, and its preview is the overlay, pixel for pixel.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PNG } from "pngjs";
import { isAccessible } from "./support/accessibility.mjs";
import { PHONE, isLive, skip, tells, useBrowser } from "./support/browser.mjs";
import { caption, final, hello, partial, track, translation } from "./support/events.mjs";
import { captioning, relaying, temporaryFolder } from "./support/livecap.mjs";
import { coloursOf, differing } from "./support/pixels.mjs";

/** Large enough for a source of this size at its full size. */
const WINDOW = { width: 1500, height: 1000 };
const SOURCE = { width: 800, height: 450 };
const SMALL = `width=${SOURCE.width}&height=${SOURCE.height}&behind=white`;

describe("the overlay builder", { skip }, () => {
  const { open } = useBrowser();

  it("writes each control into its address and into that of the overlay, and the preview shows it", async (t) => {
    const page = await opened(t, "", `${SMALL}&still=on&sample=gap`);
    // `lines` first, so that there is something of each kind to see; what only time shows has no look.
    for (const [control, query, looks = true] of [
      [slide("lines", 5), "lines=5"],
      [choose("font", "serif"), "font=serif"],
      [choose("size", "px"), "size=48px"],
      [type("size-number", "30"), "size=30px"],
      [slide("weight", 700), "weight=700"],
      [press("capitals"), "capitals=on"],
      [colour("text", "#ffcc00"), "text=ffcc00"],
      [press("outline-on"), "outline=000000"],
      [colour("outline", "#ff0000"), "outline=ff0000"],
      [slide("stroke", 4), "stroke=4"],
      [press("shadow-on"), "shadow=000000"],
      [colour("shadow", "#00ff00"), "shadow=00ff00"],
      [slide("blur", 2), "blur=2"],
      [slide("offset", 8), "offset=8"],
      [slide("opacity", 90), "opacity=90"],
      [colour("background", "#336699"), "background=336699"],
      [choose("box", "block"), "box=block"],
      [slide("padding", 80), "padding=80"],
      [slide("radius", 60), "radius=60"],
      [press("page-on"), "page=000000"],
      [colour("page", "#123456"), "page=123456"],
      [choose("position", "middle"), "position=middle"],
      [choose("align", "left"), "align=left"],
      [slide("margin", 12), "margin=12"],
      [slide("width", 25), "width=25"],
      [slide("leading", 150), "leading=150"],
      [press("gaps"), "gaps=off"],
      [press("unstable"), "unstable=off"],
      [type("lang", "nl"), "lang=nl"],
      [press("original"), "original=on", false],
      [press("both"), "both=on"],
      [type("tracks", "hall,booth"), "tracks=hall%2Cbooth", false],
      [type("clear", "9"), "clear=9", false],
      [press("status"), "status=on", false],
    ]) {
      const before = await preview(page);
      await control(page);
      await page.waitForFunction((wanted) => location.search.slice(1).split("&").includes(wanted), query);
      const { builder, shown, href } = await addresses(page);
      assert.equal(shown, builder, query);
      assert.equal(href, builder, query);
      if (looks) await until(async () => differing(before, await preview(page)) > 0, `${query} changes the preview`);
    }
    const all = await addresses(page);
    // Loading it again restores every control and the preview.
    const look = await preview(page);
    const controls = await valuesOf(page);
    await page.reload();
    await captionsAreThere(page);
    assert.deepEqual(await addresses(page), all);
    assert.deepEqual(await valuesOf(page), controls);
    await until(async () => differing(look, await preview(page)) === 0, "the preview after a reload");
    assert.deepEqual(page.complaints, []);
  });

  it("leaves out what is as by default, and puts right what is invalid", async (t) => {
    const page = await opened(t, "lines=2&text=fff&opacity=900&size=1e9&weight=700&colour=red", `${SMALL}&still=on&zoom=3`);
    assert.deepEqual((await addresses(page)).builder, "weight=700");
    assert.equal(new URL(page.url()).hash, "#behind=white&width=800&height=450&still=on");
    await slide("weight", 400)(page);
    await page.waitForFunction(() => location.search === "");
    assert.equal(await page.inputValue("#address"), new URL("/overlay", page.url()).href);
    assert.deepEqual(page.complaints, []);
  });

  for (const [name, query] of [
    ["as it is by default", ""],
    ["in the look for broadcasters", "Broadcaster"],
    ["in the look for streamers", "Streamer"],
    ["in the look for large rooms", "Large room"],
    ["in a rounded box, in capitals, at the top right", "box=block&radius=50&padding=60&capitals=on&position=top&align=right&font=DejaVu+Serif&lines=3&width=24"],
    ["with rounded captions and a shadow", "radius=40&padding=70&shadow=ff0000&blur=3&offset=5&weight=700&outline=0000ff&lines=4&background=336699"],
  ]) {
    it(`previews the overlay pixel for pixel ${name}`, async (t) => {
      const server = await captioning(t);
      const isPreset = query !== "" && !query.includes("=");
      const page = await opened(t, isPreset ? "" : query, `${SMALL}&still=on`, { server });
      if (isPreset) await page.getByRole("button", { name: query, exact: true }).click();
      const overlay = await open(t, await page.inputValue("#address"), { viewport: SOURCE });
      await isLive(overlay);
      for (const it of await said(page)) await server.say(it.tail === undefined ? final(it.text) : partial(it.text, it.committed));
      await isTheSame(page, overlay);
    });
  }

  it("previews both languages and two speakers pixel for pixel", async (t) => {
    const relay = await relaying(t);
    const page = await opened(t, "lang=nl&both=on&lines=6&width=30", `${SMALL}&still=on&sample=two`, { server: relay });
    const overlay = await open(t, await page.inputValue("#address"), { viewport: SOURCE });
    await isLive(overlay);
    const [one, two, three] = await said(page);
    const at = (name) => ({ track: name });
    await relay.say(
      hello(track("hall", "en", "nl"), track("booth", "en", "nl")),
      caption(1, one.original, at("hall")),
      translation(1, "nl", one.text, at("hall")),
      caption(2, two.original, at("booth")),
      translation(2, "nl", two.text, at("booth")),
      caption(3, three.text, { ...at("hall"), kind: "partial", committed: three.committed }),
    );
    await isTheSame(page, overlay);
  });

  it("shows the words as they come, clears after the silence that is set, and begins again", async (t) => {
    const page = await opened(t, "clear=1", SMALL);
    const frame = page.frame({ url: /#preview$/ });
    const has = (wanted) => frame.waitForFunction((it) => document.getElementById("captions").textContent.includes(it), wanted);
    await has("Good evening, and welcome");
    await has("hear the results.");
    await frame.waitForFunction(() => document.getElementById("captions").textContent === "" && document.getElementById("ground").hasAttribute("data-empty"));
    await has("Good evening");
    await page.click("#pause");
    await tells(page, "#pause", /Play/);
    await page.waitForFunction(() => location.hash.includes("still=on"));
    await has("hear the results.");
    assert.deepEqual(page.complaints, []);
  });

  it("holds still for who wants less motion", async (t) => {
    const page = await opened(t, "", SMALL, { reducedMotion: "reduce" });
    await tells(page, "#pause", /Play/);
  });

  it("connects to no server for its preview, and listens to no page of another site", async (t) => {
    const [server, stranger] = [await captioning(t), await captioning(t)];
    const page = await opened(t, "", `${SMALL}&still=on`, { server });
    assert.deepEqual(page.requests.filter((it) => it.includes("socket.io")), [`${server.url}/sio.js/socket.io.js`]);
    assert.deepEqual(page.requests.filter((it) => new URL(it).origin !== server.url), []);
    // Another server's page frames this overlay, as any site may, and tells it what to show.
    const other = await open(t, undefined, { bypassCSP: true });
    await other.goto(`${stranger.url}/demo`);
    const frame = await other.evaluateHandle((url) => {
      const it = document.createElement("iframe");
      window.heard = [];
      addEventListener("message", ({ data }) => window.heard.push(data));
      it.src = url;
      return new Promise((loaded) => {
        it.onload = () => loaded(it);
        document.body.append(it);
      });
    }, `${server.url}/overlay#preview`);
    const content = await frame.asElement().contentFrame();
    await content.waitForSelector("#captions", { state: "attached" });
    await content.evaluate(() => addEventListener("message", ({ data }) => (window.received = data.query)));
    await frame.evaluate((it) => it.contentWindow.postMessage({ query: "page=ff0000", events: [], still: true }, "*"));
    await content.waitForFunction(() => window.received === "page=ff0000");
    assert.equal(await content.evaluate(() => document.documentElement.dataset.position), undefined, "no settings were taken");
    assert.deepEqual(await other.evaluate(() => window.heard), []);
  });

  it("may not be framed, as its buttons could be misused", async (t) => {
    const server = await captioning(t);
    const { headers } = await fetch(`${server.url}/overlay/edit`);
    assert.match(headers.get("content-security-policy"), /frame-ancestors 'none'/);
    assert.doesNotMatch((await fetch(`${server.url}/overlay`)).headers.get("content-security-policy"), /frame-ancestors 'none'/);
  });

  it("copies the address", async (t) => {
    const page = await opened(t, "lines=3", `${SMALL}&still=on`, { permissions: ["clipboard-read", "clipboard-write"] });
    await page.click("#copy");
    await tells(page, "#copied", /Copied/);
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), new URL("/overlay?lines=3", page.url()).href);
    // Without https there is no such clipboard.
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await slide("lines", 4)(page);
    await page.click("#copy");
    await tells(page, "#copied", /Copied/);
    await page.fill("#set-lang", "");
    await page.focus("#set-lang");
    await page.keyboard.press("Control+V");
    assert.equal(await page.inputValue("#set-lang"), new URL("/overlay?lines=4", page.url()).href);
  });

  it("takes a picture of the user, and says so where it is none", async (t) => {
    const page = await opened(t, "", `${SMALL}&still=on`);
    const red = new PNG({ width: 2, height: 2 });
    red.data.fill(Buffer.from([255, 0, 0, 255]));
    await page.setInputFiles("#file", { name: "red.png", mimeType: "image/png", buffer: PNG.sync.write(red) });
    await page.waitForSelector("#own:visible");
    const { data } = PNG.sync.read(await preview(page));
    assert.deepEqual([...data.subarray(0, 3)], [255, 0, 0]);
    assert.equal(new URL(page.url()).search, "");
    const text = join(temporaryFolder(t), "text.png");
    writeFileSync(text, "no picture");
    await page.setInputFiles("#file", text);
    await tells(page, "#no-picture", /cannot show text\.png as a picture/);
    await page.selectOption("#behind", "green");
    await page.waitForSelector("#own", { state: "hidden" });
    assert.deepEqual(page.complaints, []);
  });

  it("takes the name of any font, and lists those of the machine where the browser tells them", async (t) => {
    const page = await open(t);
    await page.addInitScript(() => {
      window.queryLocalFonts = async () => [{ family: "DejaVu Serif" }, { family: "DejaVu Sans Mono" }, { family: "DejaVu Serif" }];
    });
    const server = await captioning(t);
    await page.goto(`${server.url}/overlay/edit#${SMALL}&still=on`);
    await captionsAreThere(page);
    await page.selectOption("#set-font", "another");
    await page.click("text=List the fonts of this machine");
    await tells(page, ".named", /2 fonts/);
    assert.deepEqual(await page.locator("datalist option").evaluateAll((all) => all.map((it) => it.value)), ["DejaVu Sans Mono", "DejaVu Serif"]);
    await page.fill("#set-font-name", "DejaVu Serif");
    await page.waitForFunction(() => location.search === "?font=DejaVu+Serif");
    const family = () => page.frame({ url: /#preview$/ }).evaluate(() => getComputedStyle(document.getElementById("captions")).fontFamily);
    await until(async () => (await family()).startsWith('"DejaVu Serif", '), "the font of the preview");
    await page.evaluate(() => (window.queryLocalFonts = () => Promise.reject(new Error("Permission denied."))));
    await page.click("text=List the fonts of this machine");
    await tells(page, ".named", /does not tell them: Permission denied\. Type the name/);
    assert.deepEqual(page.complaints, []);
  });

  for (const [name, options] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["in the system's own colours", { forcedColors: "active" }],
    ["on a phone", { viewport: PHONE }],
  ]) {
    it(`passes axe-core: ${name}`, async (t) => {
      const page = await opened(t, "outline=f00&shadow=0f0&lang=sw&font=Lobster&size=40px", `${SMALL}&still=on`, options);
      await page.click("#copy");
      await page.waitForSelector("#copied:visible");
      await isAccessible(page, name);
    });
  }

  it("works on a phone and by keyboard: the preview stays in view, and nothing is wider than the window", async (t) => {
    const page = await opened(t, "", "still=on", { viewport: PHONE });
    const isWithin = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    assert.ok(await isWithin());
    const before = await preview(page);
    // From the address on, each control is reached with the tab key.
    await page.focus("#copy");
    const reached = new Set();
    for (let count = 0; count < 80; count += 1) {
      await page.keyboard.press("Tab");
      const { id, top, bottom } = await page.evaluate(() => ({ id: document.activeElement.id, ...document.activeElement.getBoundingClientRect().toJSON() }));
      const seen = await page.locator("#seen").boundingBox();
      if (id !== "") reached.add(id);
      if (id.startsWith("set-")) assert.ok(top >= seen.y + seen.height - 1 && bottom <= PHONE.height, `${id} is in view, below the preview`);
      if (id === "set-lines") break;
    }
    for (const id of ["behind", "file", "sample", "canvas-width", "pause", "set-font", "set-weight", "set-opacity", "set-position", "set-lines"]) assert.ok(reached.has(id), id);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => location.search === "?lines=3");
    await until(async () => differing(before, await preview(page)) > 0, "the preview");
    assert.ok(await isWithin());
    assert.deepEqual(page.complaints, []);
  });

  async function opened(t, query, fragment, { server, ...options } = {}) {
    const { url } = server ?? (await captioning(t));
    const page = await open(t, undefined, { viewport: WINDOW, ...options });
    await page.goto(`${url}/overlay/edit?${query}#${fragment}`);
    await captionsAreThere(page);
    return page;
  }
});

function captionsAreThere(page) {
  return page.frameLocator("#frame").locator("#captions > *").first().waitFor({ state: "attached" });
}

/** What is seen in the area of the preview. */
function preview(page) {
  return page.locator("#canvas").screenshot();
}

/** The queries of the builder's own address, of the address that it shows and of the link to it. */
function addresses(page) {
  return page.evaluate(() => ({
    builder: location.search.slice(1),
    shown: new URL(document.getElementById("address").value).search.slice(1),
    href: new URL(document.getElementById("open").href).search.slice(1),
  }));
}

function valuesOf(page) {
  return page.locator("#controls :is(input, select)").evaluateAll((all) => all.map((it) => [it.id, it.type === "checkbox" ? it.checked : it.value, it.checkVisibility()]));
}

/** The captions of the preview, oldest first. A partial has a tail. */
async function said(page) {
  await captionsAreThere(page);
  return page.frameLocator("#frame").locator(".caption").evaluateAll((all) =>
    all.map((it) => {
      const of = (selector) => it.querySelector(selector)?.textContent;
      const isPartial = it.dataset.kind === "partial";
      return { text: of(".words"), original: of(".original"), committed: of(".words .committed"), tail: isPartial ? of(".words .tail") : undefined };
    }),
  );
}

/** The overlay has rolled up to its end, and looks as the preview does. */
async function isTheSame(page, overlay) {
  const wanted = await preview(page);
  assert.ok(coloursOf(wanted) > 2, "there is something to see");
  let count;
  await until(async () => (count = differing(wanted, await overlay.screenshot())) === 0, () => `${count} pixels differ`);
}

/** Waits for something that can only be asked for again and again, such as what a page looks like. */
async function until(isSo, message) {
  for (const end = Date.now() + 10_000; ; ) {
    if (await isSo()) return;
    assert.ok(Date.now() < end, typeof message === "string" ? message : message());
  }
}

// What is done to a control, by the name of its setting.

function slide(name, to) {
  return (page) => page.locator(`#set-${name}`).fill(String(to));
}

function colour(name, to) {
  return slide(name, to);
}

function type(name, to) {
  return (page) => page.fill(`#set-${name}`, to);
}

function choose(name, to) {
  return (page) => page.selectOption(`#set-${name}`, to);
}

function press(name) {
  return (page) => page.click(`#set-${name}`);
}
