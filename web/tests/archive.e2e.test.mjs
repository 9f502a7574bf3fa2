// The archive: events, searches, transcripts, and sound that plays where its words are.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { until } from "./support/builder.mjs";
import { download, PHONE, skip, tells, useBrowser } from "./support/browser.mjs";
import { final } from "./support/events.mjs";
import { root, running, temporaryFolder } from "./support/livecap.mjs";
import { SOON_MS } from "./support/within.mjs";

const JOURNAL = '\n[journal.book]\nfrom = "web"\npath = "book.db"\n';
const BROADCAST = '[broadcast.web]\nfrom = "english"\nlisten = "127.0.0.1:0"\n';

async function asked(url, path) {
  const answer = await fetch(`${url}/api/archive${path}`);
  return answer.ok ? answer.json() : undefined;
}

describe("the archive", { skip }, () => {
  const { open } = useBrowser("--autoplay-policy=no-user-gesture-required");

  it("lists, searches and shows what was kept, by the keyboard and on a phone", async (t) => {
    const server = await running(t, `[page]\ntitle = "Town <hall>"\n[lines.english]\npath = "-"\n${BROADCAST}${JOURNAL}`);
    const said = Array.from({ length: 230 }, (_, at) => final(`Sentence ${at + 1} of <b>many</b>.`, { speaker: at < 200 ? "Ada" : "Ben", start: at * 2, end: at * 2 + 1.5 }));
    await server.say(...said);
    await until(async () => (await asked(server.url, "/1"))?.entries === said.length, "all is kept");
    const page = await open(t, `${server.url}/archive`, { viewport: PHONE });
    await page.waitForSelector(".events a");
    assert.equal(await page.locator(".events a").innerText(), "Town <hall>");
    await isAccessible(page, "the list");
    await page.locator(".events a").focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector(".passage");
    assert.equal(new URL(page.url()).search, "?event=1");
    assert.equal(await page.locator(".passage").count(), 100);
    assert.ok((await page.locator(".passage").first().innerText()).includes("Ada: Sentence 1 of <b>many</b>."));
    await isAccessible(page, "a transcript");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing sticks out");
    await page.getByRole("button", { name: "Show more" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".passage").length === 200);
    const file = await download(page, 'a[href$="transcript.vtt"]');
    assert.match(file.text, /^WEBVTT Town <hall>\n/);
    await page.selectOption("#speaker", "Ben");
    await page.waitForFunction(() => document.querySelectorAll(".passage").length === 30);
    // A search, and from a hit to its moment.
    await page.fill("#words", "sentence 215");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".hits mark");
    assert.deepEqual(await page.locator(".hits mark").allInnerTexts(), ["Sentence", "215"]);
    await isAccessible(page, "hits");
    await page.locator(".hits a").click();
    await page.waitForSelector('.passage[data-is="now"]');
    assert.ok((await page.locator('.passage[data-is="now"]').innerText()).includes("Sentence 215"));
    // The link to it leads there again, in another language of the page.
    await page.goto(`${page.url()}&ui=nl`);
    await page.waitForSelector('.passage[data-is="now"]');
    assert.equal(await page.locator("h1").innerText(), "Archief");
    await page.locator('.passage[data-is="now"] button').click();
    await tells(page, "#status", /Er is geen geluid/);
  });

  it("asks for its token", async (t) => {
    const server = await running(t, `[lines.english]\npath = "-"\n${BROADCAST}archive-token-env = "ARCHIVE"\n${JOURNAL}`, { ARCHIVE: "secret" });
    const page = await open(t, `${server.url}/archive`);
    await tells(page, "#status", /for those who have a token/);
    await isAccessible(page, "the form for the token");
    await page.fill("#token", "wrong");
    await page.keyboard.press("Enter");
    await tells(page, "#status", /not accepted/);
    await page.fill("#token", "secret");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("admission").hidden);
  });

  for (const kind of ["wav", "flac"]) it(`plays the sound of a ${kind} file from a word, by mouse and by keyboard`, async (t) => {
    const folder = temporaryFolder(t);
    // What is played is compared with a recording of the same sound beside it.
    const [wav, flac] = ["sound.wav", "sound.flac"].map((name) => join(folder, name));
    const recording = `[recording.talk]\npath = ${JSON.stringify(join(root, "pipelines/demo.flac"))}\nspeed = 1.0\nloop = true\n`;
    const server = await running(t, `${recording}[whisper.english]\nfrom = "talk"\nmodel = "demo"\n[record.wav]\nfrom = "talk"\npath = ${JSON.stringify(wav)}\n[record.flac]\nfrom = "talk"\npath = ${JSON.stringify(flac)}\n${BROADCAST}${JOURNAL}record = "${kind}"\n`);
    let passages = [];
    // The file says of itself how long it is once a second: what is played is well within it.
    for (const end = Date.now() + SOON_MS; passages.length < 2; ) {
      assert.ok(Date.now() < end, "two sentences are kept");
      passages = (await asked(server.url, "/1/passages"))?.passages.filter((it) => it.words?.length > 3) ?? [];
    }
    for (const [number, passage] of passages.slice(0, 2).entries()) {
      const word = passage.words[3];
      // A page of its own: what is heard first is not the rest of another place.
      const page = await open(t, `${server.url}/archive?event=1`);
      await page.waitForSelector(".word");
      await page.evaluate(() => {
        const context = new AudioContext({ sampleRate: 16000 });
        const tap = context.createScriptProcessor(4096, 1, 1);
        window.heard = [];
        tap.onaudioprocess = (event) => window.heard.push(...event.inputBuffer.getChannelData(0));
        context.createMediaElementSource(document.getElementById("sound")).connect(tap);
        tap.connect(context.destination);
        return context.resume();
      });
      if (number === 0) await page.locator(`.word[data-at="${word.start}"]`).click();
      else {
        const time = page.locator(".passage", { has: page.locator(`.word[data-at="${word.start}"]`) }).locator(".time");
        await time.focus();
        for (let at = 0; at < 4; at += 1) await page.keyboard.press("ArrowRight");
        assert.equal(await page.locator(".word.chosen").getAttribute("data-at"), String(word.start));
        assert.ok((await time.getAttribute("aria-label")).endsWith(`: ${word.word.trim()}`));
        await isAccessible(page, "a chosen word");
        await page.keyboard.press("Enter");
      }
      await page.waitForFunction(() => window.heard.filter((it) => it !== 0).length > 12000);
      const heard = await page.evaluate(() => window.heard.slice(window.heard.findIndex((it) => it !== 0)));
      const landed = placeOf(heard.slice(0, 8000), readFileSync(wav), word.start);
      t.diagnostic(`${word.word.trim()} at ${word.start} s: played from ${landed.second.toFixed(3)} s, likeness ${landed.likeness.toFixed(3)}`);
      assert.ok(landed.likeness > 0.8, "it is that sound");
      assert.ok(Math.abs(landed.second - word.start) <= 0.2, `${landed.second} is not ${word.start}`);
      assert.equal(new URL(page.url()).searchParams.get("t"), String(word.start));
      await isAccessible(page, "with sound");
    }
  });
});

/** Where in the file, around a moment, the samples are: second, and how alike they are from 0 to 1. */
function placeOf(heard, wav, moment) {
  const rate = wav.readUInt32LE(24);
  assert.equal(rate, 16000, "the recording's rate");
  const data = wav.indexOf("data") + 8;
  const at = (sample) => (data + sample * 2 + 1 < wav.length ? wav.readInt16LE(data + sample * 2) / 32768 : 0);
  const first = Math.max(0, Math.round((moment - 1.5) * rate));
  const samples = Array.from({ length: 3 * rate + heard.length }, (_, it) => at(first + it));
  const power = (values, from, length) => values.slice(from, from + length).reduce((sum, it) => sum + it * it, 0);
  const mine = power(heard, 0, heard.length);
  let best = { second: -1, likeness: -1 };
  let theirs = power(samples, 0, heard.length);
  for (let from = 0; from < 3 * rate; from += 1) {
    let product = 0;
    for (let it = 0; it < heard.length; it += 1) product += heard[it] * samples[from + it];
    const likeness = product / Math.sqrt(mine * theirs + 1e-12);
    if (likeness > best.likeness) best = { second: (first + from) / rate, likeness };
    theirs += samples[from + heard.length] ** 2 - samples[from] ** 2;
  }
  return best;
}
