// Measures what a speaker's page sends and costs, and what is understood of it, for each way to send: `node tools/speak-codecs.mjs RECORDING REFERENCE MODEL`.
// RECORDING: any sound file; REFERENCE: JSON with its `text`; MODEL: weights for its language. It plays in real time, once for each way.
import { readFileSync } from "node:fs";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { isLive, launch, open } from "../tests/support/browser.mjs";
import { running } from "../tests/support/livecap.mjs";
import { follow } from "../tests/support/operator.mjs";
import { asWav, microphoneFlags, speaking } from "../tests/support/speaker.mjs";

const [recording, reference, model] = process.argv.slice(2);
const { text, duration } = JSON.parse(readFileSync(reference, "utf8"));

await withCleanup(async (t) => {
  const server = await running(t, `[recording.panel]\npath = ${JSON.stringify(recording)}\n[whisper.words]\nfrom = "panel"\nmodel = ${JSON.stringify(model)}\n[broadcast.web]\nfrom = "words"\nlisten = "127.0.0.1:0"\n`);
  report("recording", await heard(t, server), {});
});
for (const [name, codec, rate] of [["PCM, 16 kHz", "pcm_s16le", "16e3"], ["PCM, 48 kHz", "pcm_s16le", "48e3"], ["Opus", "opus", "16e3"]]) {
  await withCleanup(async (t) => {
    const wav = await asWav(t, recording);
    const server = await speaking(t, { model });
    const browser = await launch(...microphoneFlags(`${wav}%noloop`));
    t.after(() => browser.close());
    const page = await open(t, browser);
    // The page itself sends PCM at 16 kHz alone.
    await page.route("**/speak.js", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replaceAll("16e3", rate) });
    });
    let bytes = 0;
    page.on("websocket", (it) => it.on("framesent", ({ payload }) => (bytes += payload.length + (payload.length > 125 ? 8 : 6))));
    await page.goto(`${server.url}/speak`);
    await page.evaluate(() => (document.querySelector("details").open = true));
    await page.selectOption("#codec", codec);
    const cpu = await cpuOf(browser);
    const began = performance.now();
    await page.click("#start");
    await isLive(page);
    const captions = await heard(t, server, duration);
    const seconds = (performance.now() - began) / 1000;
    report(name, captions, { kbits: (8 * bytes) / seconds / 1000, cpu: (100 * ((await cpuOf(browser)) - cpu)) / seconds });
  });
}

/** All finals, until nothing more comes behind the end of the recording. */
async function heard(t, server, seconds = duration) {
  const viewer = await follow(server.url);
  t.after(() => viewer.close());
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds + 4_000));
  return { text: viewer.all("caption").filter((it) => it.kind === "final").map((it) => it.text).join(" "), gaps: viewer.all("gap").length };
}

function report(name, { text: said, gaps }, { kbits, cpu }) {
  const [want, got] = [words(text), words(said)];
  const rate = ((100 * distance(want, got)) / want.length).toFixed(1);
  console.log(`${name}: WER ${rate} % of ${want.length} words, ${gaps} gaps${kbits ? `, ${kbits.toFixed(0)} kbit/s, ${cpu.toFixed(1)} % of a core in the browser` : ""}`);
}

function words(it) {
  return it.toLowerCase().replace(/[^\p{L}\p{N}' ]/gu, " ").split(/\s+/).filter(Boolean);
}

function distance(a, b) {
  let row = b.map((_, at) => at + 1);
  row.unshift(0);
  for (const [at, word] of a.entries()) {
    const next = [at + 1];
    for (let to = 1; to <= b.length; to++) next.push(Math.min(next[to - 1] + 1, row[to] + 1, row[to - 1] + (word === b[to - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}

async function cpuOf(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.reduce((sum, it) => sum + it.cpuTime, 0);
}
