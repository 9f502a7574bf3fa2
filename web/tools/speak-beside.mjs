// Measures what the way through a browser costs beside the stage `recording`: `node tools/speak-beside.mjs RECORDING MODEL REFERENCE [ROUNDS]`.
// RECORDING: a WAV file of 48 kHz that begins with silence, which Chromium's fake microphone plays and `recording` reads; MODEL: weights;
// REFERENCE: its words as text. Both in turn: the lag of captions (age of their newest sound when they are published), and word errors.
import { readFileSync } from "node:fs";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { isLive, launch, open } from "../tests/support/browser.mjs";
import { running } from "../tests/support/livecap.mjs";
import { follow } from "../tests/support/operator.mjs";
import { microphoneFlags } from "../tests/support/speaker.mjs";
import { wordErrors } from "./word-errors.mjs";

const [recording, model, reference, rounds = "2"] = process.argv.slice(2);
const spoken = readFileSync(reference, "utf8");
const ways = { page: [], recording: [] };
for (let round = 0; round < Number(rounds); round += 1) {
  await withCleanup((t) => measure(t, "page", "[browser.panel]", speak));
  await withCleanup((t) => measure(t, "recording", `[recording.panel]\npath = ${JSON.stringify(recording)}`, () => {}));
}
for (const kind of ["partial", "final"]) {
  const [page, file] = ["page", "recording"].map((way) => quantile(ways[way].filter((it) => it.kind === kind).map((it) => it.at.published), 0.95));
  console.log(`${kind}s: p95 of the lag ${page} ms by the page, ${file} ms by recording: ${page - file} ms more`);
}

/** One run of one way: its captions are kept, its word errors said. */
async function measure(t, way, source, begin) {
  const server = await running(t, `${source}\n[whisper.words]\nfrom = "panel"\nmodel = ${JSON.stringify(model)}\n[broadcast.web]\nfrom = "words"\nlisten = "127.0.0.1:0"\n`);
  const viewer = await follow(server.url);
  t.after(() => viewer.close());
  await begin(t, server.url);
  // The recording's own length, and what the recogniser holds at its end.
  await new Promise((resolve) => setTimeout(resolve, 1000 * (seconds() + 8)));
  const captions = viewer.all("caption");
  ways[way].push(...captions);
  const finals = captions.filter((it) => it.kind === "final");
  const { errors, words } = wordErrors(spoken, finals.map((it) => it.text).join(" "));
  const lags = (kind) => captions.filter((it) => it.kind === kind).map((it) => it.at.published);
  const told = (kind) => `${kind}s ${lags(kind).length}, lag p50 ${quantile(lags(kind), 0.5)} ms, p95 ${quantile(lags(kind), 0.95)} ms`;
  console.log(`${way}: ${told("partial")}; ${told("final")}; ${errors} errors in ${words} words, ${((100 * errors) / words).toFixed(2)} %; ${viewer.all("gap").length} gaps`);
}

async function speak(t, url) {
  const browser = await launch(...microphoneFlags(`${recording}%noloop`));
  t.after(() => browser.close());
  const page = await open(t, browser, `${url}/speak`);
  await page.click("#start");
  await isLive(page);
}

function seconds() {
  return (readFileSync(recording).length - 44) / 2 / 48_000;
}

function quantile(values, part) {
  return values.toSorted((a, b) => a - b)[Math.floor(part * (values.length - 1))];
}
