// The overlay in a real browser: what its address says, and the rules of captions.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DESKTOP, isLive, shows, skip, tells, texts, useBrowser } from "./support/browser.mjs";
import { caption, final, hello, partial, track, translation } from "./support/events.mjs";
import { captioning, relaying } from "./support/livecap.mjs";
import { opacities } from "./support/pixels.mjs";
import { watchSettledWords } from "./support/settled-words.mjs";
import { generator, speech } from "./support/speech.mjs";

const LONG = "This is a sentence that is long enough for some lines of captions, so that one can see where they break and how many letters there are on each of them.";

describe("the overlay", { skip }, () => {
  const { open } = useBrowser();

  it("is transparent, and has two lines of about forty letters at the bottom", async (t) => {
    const server = await captioning(t);
    const page = await opened(t, server, "", { width: 1920, height: 1080 });
    await server.say(final(LONG));
    await shows(page, "on each of them");
    const looks = await look(page);
    assert.deepEqual([looks.page, looks.body, looks.box.lines], ["rgba(0, 0, 0, 0)", "rgba(0, 0, 0, 0)", 2]);
    assert.ok(Math.abs(looks.box.left + looks.box.width / 2 - 960) < 2 && looks.box.bottom > 900 && looks.box.bottom <= 1080, JSON.stringify(looks));
    const lines = await page.evaluate(linesOf);
    assert.ok(lines.length >= 4);
    for (const it of lines.slice(0, -1)) assert.ok(it.length >= 30 && it.length <= 42, `${it.length} letters: ${it}`);
    // Everything but the words is transparent.
    assert.deepEqual(await opacities(page, 10, 10, 1), [0]);
    assert.deepEqual(page.complaints, []);
  });

  it("looks as its address says", async (t) => {
    const server = await captioning(t);
    const query = "lines=3&width=20&size=30&position=top&align=right&margin=0&text=ffcc00&background=%23336699&opacity=50&outline=f00&stroke=4&font=mono&page=123456&leading=150";
    const page = await opened(t, server, query, { width: 1000, height: 600 });
    await server.say(final(LONG));
    await shows(page, "on each of them");
    const { page: ground, text, row, shadow, family, size, box } = await look(page);
    assert.deepEqual([ground, text, row, size], ["rgb(18, 52, 86)", "rgb(255, 204, 0)", "rgba(51, 102, 153, 0.5)", "30px"]);
    assert.match(shadow, /rgb\(255, 0, 0\) 4px 0px/);
    assert.match(family, /mono/i);
    assert.deepEqual([box.lines, box.top, Math.round(box.height)], [3, 0, 135]);
    assert.ok(box.right > 960, JSON.stringify(box));
    assert.deepEqual(page.complaints, []);
  });

  it("shows no strip of a line that has scrolled away", async (t) => {
    const server = await captioning(t);
    for (const [query, size] of [["", { width: 960, height: 540 }], ["position=middle&lines=3", { width: 1001, height: 577 }], ["position=top&size=31&leading=125", { width: 960, height: 541 }]]) {
      const page = await opened(t, server, `background=ff0000&opacity=100&gaps=off&status=on&${query}`, size);
      await server.say({ type: "clear" }, final("A line that is rolled away and as wide as there is room for it."));
      await server.say(...["One.", "Two.", "Three.", "Four."].map((it) => final(it)));
      await shows(page, "Four.");
      await page.waitForFunction(() => { const box = document.getElementById("box"); return box.scrollHeight - box.clientHeight - box.scrollTop <= 1; }, undefined, { polling: "raf" });
      const { top, bottom, right } = (await look(page)).box;
      assert.equal(top, Math.round(top), query);
      const beside = await opacities(page, Math.floor(right) - 6, top, bottom - top);
      assert.deepEqual(beside.flatMap((alpha, row) => (alpha === 0 ? [] : [row])), [], query);
    }
  });

  it("names settings that are invalid, and ignores them", async (t) => {
    const server = await captioning(t);
    const page = await opened(t, server, "lines=100&text=reddish&size=1e9&clear=0.2&colour=red&position=left");
    await server.say(final("All the same."));
    await shows(page, "All the same.");
    const told = page.complaints.join("\n");
    for (const it of ["lines=100", "text=reddish", "size=1e9", "clear=0.2", "position=left"]) assert.match(told, new RegExp(`${it.replace(".", "\\.")}: left out, for it takes `), it);
    assert.match(told, /colour: there is no such setting/);
    assert.equal((await look(page)).box.lines, 2);
  });

  it("clears after a silence, and shows what is said after it alone", async (t) => {
    const server = await captioning(t);
    const page = await opened(t, server, "clear=1");
    await server.say(final("Going soon."), partial("still op", "", { segment: 7 }));
    await shows(page, "still op");
    await page.waitForFunction(() => document.getElementById("captions").textContent === "", undefined, { polling: "raf" });
    await server.say(final("still open", { segment: 7 }));
    await shows(page, "still open");
    assert.deepEqual(await texts(page), ["still open"]);
  });

  it("shows nothing of what was said before it was opened", async (t) => {
    const server = await captioning(t);
    const other = await open(t, server.url);
    await server.say(final("Long ago."));
    await shows(other, "Long ago.");
    const page = await opened(t, server, "");
    await server.say(final("Just now."));
    await shows(page, "Just now.");
    assert.deepEqual(await texts(page), ["Just now."]);
  });

  it("shows every final, however fast they come", async (t) => {
    // The unit tests check how long each stays; this one, that each is shown on the only line.
    const server = await captioning(t);
    const page = await opened(t, server, "lines=1&clear=0");
    await page.evaluate(() => {
      window.inView = [];
      const look = () => {
        const box = document.getElementById("box").getBoundingClientRect();
        for (const it of document.querySelectorAll(".caption")) {
          const { top, bottom } = it.getBoundingClientRect();
          const isSeen = (top + bottom) / 2 > box.top && (top + bottom) / 2 < box.bottom;
          if (isSeen && window.inView.at(-1) !== it.textContent.trim()) window.inView.push(it.textContent.trim());
        }
      };
      // After each change, and each time that it scrolls.
      new MutationObserver(look).observe(document.getElementById("captions"), { subtree: true, childList: true });
      document.getElementById("box").addEventListener("scroll", look);
    });
    await server.say(final("One."));
    await shows(page, "One.");
    await server.say(final("Two."), final("Three."));
    await page.waitForFunction(() => window.inView.includes("Three."), undefined, { polling: "raf" });
    assert.deepEqual(await page.evaluate(() => window.inView), ["One.", "Two.", "Three."]);
  });

  it("never moves a settled word, except up", async (t) => {
    const server = await captioning(t);
    const page = await open(t);
    const words = await watchSettledWords(page);
    await page.goto(`${server.url}/overlay?lines=3&width=25&clear=0`);
    await isLive(page);
    for (const line of speech(generator(5), 10)) {
      await server.say(line);
      await shows(page, line.text);
      await words.look();
    }
    const { moved, seen } = await words.result();
    assert.deepEqual(moved, []);
    assert.ok(seen > 80);
  });

  it("shows a translation, of the tracks that are wanted, without the words that may change", async (t) => {
    const relay = await relaying(t);
    const page = await opened(t, relay, "lang=ar&tracks=hall&unstable=off&original=on");
    const strict = await opened(t, relay, "lang=ar&tracks=hall");
    const hall = { track: "hall" };
    await relay.say(
      hello(track("hall", "en", "ar"), track("booth", "en")),
      caption(1, "Good morning.", hall),
      translation(1, "ar", "صباح الخير.", hall),
      caption(1, "Not this.", { track: "booth" }),
      caption(2, "and wel", { ...hall, kind: "partial", committed: "and" }),
    );
    await shows(page, "and");
    assert.deepEqual(await texts(page), ["صباح الخير.", "and wel"]);
    assert.deepEqual(await page.locator(".caption").evaluateAll((all) => all.map((it) => it.dir)), ["rtl", "ltr"]);
    assert.equal(await page.locator(".tail:visible").count(), 0);
    // Without `original` only translations are shown.
    await relay.say(caption(2, "and welcome.", hall), translation(2, "ar", "ومرحبا.", hall), caption(3, "Thank you.", hall));
    await shows(strict, "ومرحبا.");
    assert.deepEqual(await texts(strict), ["صباح الخير.", "ومرحبا."]);
    await shows(page, "Thank you.");
  });

  it("says why there are no captions: on the screen where that is set, else on its console", async (t) => {
    const server = await captioning(t);
    const page = await opened(t, server, "status=on");
    await page.waitForSelector("#status:visible");
    await tells(page, "#status", /Listening/);
    await server.say(final("Good morning."));
    await shows(page, "Good morning.");
    await page.waitForSelector("#status", { state: "hidden" });
    const quiet = await open(t);
    const said = [];
    quiet.on("console", (it) => said.push(it.text()));
    await quiet.goto(`${server.url}/overlay`);
    await isLive(quiet);
    assert.ok(await quiet.isHidden("#status"));
    assert.ok(said.some((it) => /Listening/.test(it)), said.join("\n"));
  });

  async function opened(t, server, query, viewport = DESKTOP) {
    const page = await open(t, undefined, { viewport });
    await page.goto(`${server.url}/overlay?${query}`);
    await isLive(page);
    return page;
  }
});

function look(page) {
  return page.evaluate(() => {
    const style = (it) => getComputedStyle(it);
    const [box, list, row] = [document.getElementById("box"), document.getElementById("captions"), document.querySelector(".caption")];
    const { left, right, top, bottom, width, height } = box.getBoundingClientRect();
    const lines = Math.round(height / Number.parseFloat(style(list).lineHeight));
    return {
      page: style(document.documentElement).backgroundColor,
      body: style(document.body).backgroundColor,
      text: style(list).color,
      row: style(row).backgroundColor,
      shadow: style(list).textShadow,
      family: style(list).fontFamily,
      size: style(list).fontSize,
      box: { left, right, top, bottom, width, height, lines },
    };
  });
}

/** Runs in the page: the texts of the lines that the first caption was broken into. */
function linesOf() {
  const lines = [];
  const node = document.querySelector(".caption .committed").firstChild;
  const range = document.createRange();
  let top;
  for (const { index, 0: word } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const here = range.getBoundingClientRect().top;
    if (here !== top) lines.push([]);
    top = here;
    lines.at(-1).push(word);
  }
  return lines.map((it) => it.join(" "));
}
