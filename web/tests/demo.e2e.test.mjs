// The main job, watched in a real browser: the shipped demo runs, and its words appear, partial then final.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PHONE, finals, hasCount, hasStatus, launch, open, photograph, skip } from "./support/browser.mjs";
import { shared } from "./support/cleanup.mjs";
import { demonstrating, root, stop } from "./support/livecap.mjs";
import { watchSettledWords } from "./support/settled-words.mjs";
import { SOON_MS } from "./support/within.mjs";

const reference = JSON.parse(readFileSync(join(root, "pipelines/demo.json"), "utf8")).text;
// The recording lasts 24 s; the rest is for a machine that is busy with something else.
const UNTIL_ENDED_MS = 90_000;
// The demo model's own error is below this.
const WORD_ERRORS_ALLOWED = 0.1;

describe("the demo in a browser", { skip }, () => {
  let server, browser, captions, demo, settledWords;

  shared(async (t) => {
    // The browser first: it must not miss the first sentence while it starts.
    browser = await launch();
    t.after(() => browser.close());
    captions = await open(t, browser);
    demo = await open(t, browser);
    await captions.addInitScript(recordCaptions);
    settledWords = await watchSettledWords(captions);
    server = await demonstrating(t);
    await Promise.all([captions.goto(server.url), demo.goto(`${server.url}/demo`)]);
  });

  it("shows a partial during speech", async () => {
    await captions.waitForSelector('.caption[data-kind="partial"]', { timeout: SOON_MS });
    await photograph(captions, "captions-partial.png");
  });

  it("says that the recording has ended, and leaves no partial", async () => {
    await hasStatus(captions, "ended", { timeout: UNTIL_ENDED_MS });
    assert.equal(await captions.textContent("#status"), "ended");
    assert.equal(await captions.locator('.caption[data-kind="partial"]').count(), 0);
    const { moved, seen } = await settledWords.result();
    assert.deepEqual(moved, [], "no settled word has moved, but up");
    assert.ok(seen > words(reference).length / 2, `${seen} words were watched`);
    await photograph(captions, "captions-ended.png");
    await captions.setViewportSize(PHONE);
    await photograph(captions, "captions-phone.png");
  });

  it("ends with the words of the reference, within the model's own error", async () => {
    const text = (await finals(captions)).join(" ");
    const errors = wordErrors(reference, text);
    console.log(`word errors: ${(errors * 100).toFixed(1)} % of ${words(reference).length}`);
    assert.ok(errors <= WORD_ERRORS_ALLOWED, `${errors} of the words are wrong\nreference: ${reference}\nread:      ${text}`);
  });

  it("showed each sentence partial first, then final, and never changed what was committed", async () => {
    const seen = await captions.evaluate(() => window.seenCaptions);
    const segments = new Map();
    for (const it of seen) segments.set(it.key, [...(segments.get(it.key) ?? []), it]);
    assert.ok([...segments.values()].some((updates) => updates[0].kind === "partial" && updates.at(-1).kind === "final"));
    for (const updates of segments.values()) {
      updates.reduce((before, now) => {
        assert.ok(now.committed.startsWith(before.committed.trimEnd()), `${JSON.stringify(before)} became ${JSON.stringify(now)}`);
        assert.ok(before.kind === "partial", `${JSON.stringify(now)} came after a final`);
        return now;
      });
    }
  });

  it("shows all captions to a reader who comes after the end", async (t) => {
    const late = await open(t, browser, server.url);
    await hasStatus(late, "ended", { timeout: SOON_MS });
    const all = await finals(captions);
    await hasCount(late, ".caption", all.length);
    assert.deepEqual(await finals(late), all);
    assert.deepEqual(late.complaints, []);
  });

  it("reaches a plain client with the same finals", async () => {
    const heard = (await demo.locator("li.final .data").allTextContents()).reverse();
    const read = await finals(captions);
    assert.ok(heard.length > 0);
    // A plain client gets no replay.
    assert.deepEqual(heard, read.slice(read.length - heard.length));
    assert.ok((await demo.locator("li.intermediate").count()) > 0);
    await photograph(demo, "demo.png");
  });

  it("serves npm's own client, a strict content security policy, and 404 for unknown paths", async () => {
    const client = await fetch(new URL("/sio.js/socket.io.js", server.url));
    const original = readFileSync(join(root, "web/node_modules/socket.io-client/dist/socket.io.min.js"));
    assert.ok(Buffer.from(await client.arrayBuffer()).equals(original));
    for (const path of ["/", "/overlay", "/demo"]) {
      const policy = (await fetch(new URL(path, server.url))).headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'/, path);
      assert.doesNotMatch(policy, /unsafe/, path);
    }
    assert.equal((await fetch(new URL("/nothing-here", server.url))).status, 404);
  });

  it("caused no warning or error in the browser", () => {
    assert.deepEqual([...captions.complaints, ...demo.complaints], []);
  });

  it("stays up until it is told to stop, and then ends with 0", async () => {
    assert.equal(server.process.exitCode, null);
    assert.equal(await stop(server), 0);
  });
});

/** Runs in the page, before anything else does: keeps every state of every caption that the reader could have seen. */
function recordCaptions() {
  window.seenCaptions = [];
  const last = new Map();
  const look = () => {
    for (const it of document.querySelectorAll(".caption[data-key]")) {
      const now = { key: it.dataset.key, kind: it.dataset.kind, text: it.textContent, committed: it.querySelector(".committed").textContent };
      if (last.get(now.key) === JSON.stringify(now)) continue;
      last.set(now.key, JSON.stringify(now));
      window.seenCaptions.push(now);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

function words(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}'\s]/gu, " ").split(/\s+/).filter(Boolean);
}

/** Substituted, deleted and inserted words for each word of the reference. */
function wordErrors(wanted, read) {
  const [gold, mine] = [words(wanted), words(read)];
  let row = mine.map((_, at) => at + 1);
  row.unshift(0);
  gold.forEach((word, at) => {
    const next = [at + 1];
    mine.forEach((other, column) => {
      next.push(Math.min(next[column] + 1, row[column + 1] + 1, row[column] + (word === other ? 0 : 1)));
    });
    row = next;
  });
  return row[mine.length] / gold.length;
}
