// The overlay builder in a real browser: its address is its state, and each control changes it and the preview.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { PHONE, skip, tells, useBrowser } from "./support/browser.mjs";
import { ROUNDED, SMALL, captionsAreThere, openBuilder, preview, until } from "./support/builder.mjs";
import { captioning } from "./support/livecap.mjs";
import { differing } from "./support/pixels.mjs";

describe("the overlay builder", { skip }, () => {
  const { open } = useBrowser();
  const opened = (t, ...how) => openBuilder(t, open, ...how);

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
    await until(async () => differing(look, await preview(page)) <= ROUNDED, "the preview after a reload");
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
      if (id.startsWith("set-")) assert.ok(top >= seen.y + seen.height - 1 && bottom <= PHONE.height + 1, `${id} is in view, below the preview: ${JSON.stringify([top, bottom, seen])}`);
      if (id === "set-lines") break;
    }
    for (const id of ["behind", "file", "sample", "canvas-width", "pause", "set-font", "set-weight", "set-opacity", "set-position", "set-lines"]) assert.ok(reached.has(id), id);
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => location.search === "?lines=3");
    await until(async () => differing(before, await preview(page)) > 0, "the preview");
    assert.ok(await isWithin());
    assert.deepEqual(page.complaints, []);
  });
});

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
