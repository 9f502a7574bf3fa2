// The preview of the overlay builder in a real browser: it is the overlay, pixel for pixel, and listens to the builder alone.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PNG } from "pngjs";
import { isLive, skip, tells, useBrowser } from "./support/browser.mjs";
import { ROUNDED, SMALL, SOURCE, captionsAreThere, openBuilder, preview, until } from "./support/builder.mjs";
import { caption, final, hello, partial, track, translation } from "./support/events.mjs";
import { captioning, relaying, temporaryFolder } from "./support/livecap.mjs";
import { coloursOf, differing } from "./support/pixels.mjs";

describe("the preview of the overlay builder", { skip }, () => {
  const { open } = useBrowser();
  const opened = (t, ...how) => openBuilder(t, open, ...how);

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
      // On a busy machine they would be gone before they are compared.
      await page.fill("#set-clear", "0");
      const overlay = await open(t, await page.inputValue("#address"), { viewport: SOURCE });
      await isLive(overlay);
      for (const it of await said(page)) await server.say(it.tail === undefined ? final(it.text) : partial(it.text, it.committed));
      await isTheSame(page, overlay, query.includes("radius") ? ROUNDED : 0);
    });
  }

  it("previews both languages and two speakers pixel for pixel", async (t) => {
    const relay = await relaying(t);
    const page = await opened(t, "lang=nl&both=on&lines=6&width=30&clear=0", `${SMALL}&still=on&sample=two`, { server: relay });
    const overlay = await open(t, await page.inputValue("#address"), { viewport: SOURCE });
    await isLive(overlay);
    const [one, two, three] = await said(page);
    const at = (name) => ({ track: name, speaker: name === "hall" ? "Ada" : "Ben" });
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
});

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

/** The overlay has rolled up to its end, and looks as the preview does. `most`: so many pixels may differ. */
async function isTheSame(page, overlay, most = 0) {
  const wanted = await preview(page);
  assert.ok(coloursOf(wanted) > 2, "there is something to see");
  let count;
  await until(async () => (count = differing(wanted, await overlay.screenshot())) <= most, () => `${count} pixels differ`);
}
