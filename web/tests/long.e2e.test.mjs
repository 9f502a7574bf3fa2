// Three hours of captions, as fast as they go: the page stays as small as it was, and as quick.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCount, isLive, shows, skip, texts, useBrowser } from "./support/browser.mjs";
import { caption, final, finalsOf, hello, track } from "./support/events.mjs";
import { captioning, relaying } from "./support/livecap.mjs";
import { generator, speech } from "./support/speech.mjs";

/** As many as people say in three hours. */
const SEGMENTS = 3_000;
/** Of the page: five hundred rows of about eight nodes each, and the rest of it. */
const MOST_NODES = 12_000;
const MOST_HEAP_MB = 16;

describe("three hours of captions", { skip }, () => {
  const { open } = useBrowser("--js-flags=--expose-gc");

  it("leave the page as small as it was, and every partial was taken", async (t) => {
    // The relay passes every partial on; a broadcast coalesces them for a slow viewer.
    const relay = await relaying(t);
    const page = await open(t, relay.url);
    await isLive(page);
    const tab = await page.context().newCDPSession(page);
    await tab.send("Performance.enable");
    await relay.say(hello(track("english", "en")));
    const lines = speech(generator(3), SEGMENTS).map((it, number) => ({ ...it, number }));
    const partials = lines.filter((it) => it.type === "intermediate").length;
    const event = ({ type, number, segment, text, committed }) =>
      caption(segment, text, { revision: number, at: { captured: Date.now() }, ...(type === "final" ? {} : { kind: "partial", committed }) });
    const measured = [];
    const parts = 6;
    for (let part = 0; part < parts; part += 1) {
      const [from, to] = [part, part + 1].map((it) => Math.ceil((it * lines.length) / parts));
      const events = lines.slice(from, to).map(event);
      await relay.say(...events);
      await shows(page, events.at(-1).text);
      measured.push(await measure(tab));
    }
    console.log(`${SEGMENTS} segments, ${partials} partials: ${measured.map((it) => `${it.nodes} nodes, ${it.heap.toFixed(1)} MB`).join("; ")}`);
    assert.ok(partials > 15_000, `${partials}`);
    for (const { nodes, heap } of measured) assert.ok(nodes <= MOST_NODES && heap <= MOST_HEAP_MB, JSON.stringify(measured));
    // After the first part the page is full: growth beyond that would be a leak.
    const [, second, ...later] = measured;
    for (const it of later) assert.ok(it.nodes < second.nodes * 1.2 && it.heap < second.heap * 1.3 + 1, JSON.stringify(measured));
    assert.ok((await page.locator(".caption").count()) <= 500);
    // Measures layout and paint while scrolling, without the wait for the screen.
    const frames = await page.evaluate(scrollThrough);
    console.log(`scrolled through in steps: layout and paint p95 ${frames.p95.toFixed(1)} ms, of ${frames.count}`);
    assert.ok(await page.isVisible("#newest"));
    assert.deepEqual(page.complaints, []);
  });

  it("can be read back from the server, and the newest come again", async (t) => {
    const server = await captioning(t);
    const page = await open(t, server.url);
    await isLive(page);
    const lines = finalsOf(900, (number) => `Sentence number ${number}.`, () => ({ lang: "en" }));
    const said = lines.map((it) => it.text);
    await server.say(...lines);
    await shows(page, said.at(-1));
    assert.deepEqual(await texts(page), said.slice(-500));
    await page.locator("#scroller").hover();
    await page.mouse.wheel(0, -100_000);
    await page.waitForSelector("#newest:visible");
    const top = () => page.evaluate(() => [...document.querySelectorAll(".caption")].find((it) => it.textContent.includes("number 401.")).getBoundingClientRect().top);
    const before = await top();
    await page.click("#fetch");
    await shows(page, "Sentence number 201.");
    assert.ok(Math.abs((await top()) - before) < 2, "what was being read stays where it is");
    await page.evaluate(() => document.getElementById("fetch").click());
    await shows(page, "Sentence number 1.");
    assert.deepEqual(await texts(page), said);
    assert.ok(await page.isHidden("#earlier"), "there is nothing before the first one");
    await page.click("#newest");
    await hasCount(page, ".caption", 500);
    await server.say(final("The last one.", { lang: "en" }));
    await shows(page, "The last one.");
    assert.equal(await page.locator("#earlier").getAttribute("hidden"), null);
  });
});

async function measure(tab) {
  // Removed nodes are counted until the garbage collector has run.
  await tab.send("HeapProfiler.collectGarbage");
  const { metrics } = await tab.send("Performance.getMetrics");
  const of = (name) => metrics.find((it) => it.name === name).value;
  return { nodes: of("Nodes"), heap: of("JSHeapUsedSize") / 2 ** 20 };
}

/** Runs in the page: from the end to the beginning, a screen at a time. */
async function scrollThrough() {
  const scroller = document.getElementById("scroller");
  const times = [];
  while (scroller.scrollTop > 0) {
    const begun = performance.now();
    scroller.scrollTop -= scroller.clientHeight;
    // Layout at once; the paint by the time of the message that follows the frame.
    scroller.getBoundingClientRect();
    await new Promise((resolve) => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = resolve; port2.postMessage(null); }));
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  return { count: times.length, p95: times[Math.floor(times.length * 0.95)] };
}
