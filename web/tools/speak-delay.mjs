// Measures how long after a word it is on a page, from a browser's fake microphone: `node tools/speak-delay.mjs RECORDING MODEL [WLK CT2]`.
// RECORDING: a WAV file of 48 kHz that begins with silence; MODEL: weights. WLK: the program `wlk` of WhisperLiveKit, CT2: the same
// weights for it; then both are measured, one after the other. The times of the words are those of `livecap transcribe`.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { isLive, launch, open } from "../tests/support/browser.mjs";
import { binary } from "../tests/support/livecap.mjs";
import { microphoneFlags, speaking } from "../tests/support/speaker.mjs";
import { words } from "./word-errors.mjs";

const [recording, model, wlk, weights] = process.argv.slice(2);
/** Louder than this for the first time: where the recording begins, in the file and in the browser. */
const ONSET = 0.2;
const samples = new Int16Array(readFileSync(recording).buffer.slice(44));
const seconds = samples.length / 48_000;
const onset = samples.findIndex((it) => Math.abs(it) > ONSET * 32_768) / 48_000;
const spoken = JSON.parse(execFileSync(binary, ["transcribe", recording, "--model", model, "--format", "json"])).sentences;
const reference = spoken.flatMap((it) => it.words).flatMap(({ word, end }) => words(word).map((it) => ({ it, end })));

await withCleanup(async (t) => {
  const server = await speaking(t, { model });
  const browser = await start(t);
  const viewer = await open(t, browser, `${server.url}/`);
  await isLive(viewer);
  const speaker = await open(t, browser);
  await measure("livecap", server.process.pid, speaker, `${server.url}/speak`, "#start", viewer, "#captions");
});
if (wlk) {
  await withCleanup(async (t) => {
    const port = await freePort();
    const child = spawn(wlk, ["serve", "--host", "127.0.0.1", "--port", port, "--lan", "en", "--pcm-input", "--backend-policy", "localagreement", "--backend", "faster-whisper", "--model_dir", weights], { stdio: "ignore" });
    t.after(() => child.kill("SIGKILL"));
    const url = `http://127.0.0.1:${port}/`;
    while (!(await fetch(url).then((it) => it.ok, () => false))) if (child.exitCode !== null) throw new Error(`wlk ended with ${child.exitCode}`);
    const page = await open(t, await start(t));
    await measure("WhisperLiveKit", child.pid, page, url, "#recordButton", page, "#linesTranscript");
  });
}

async function start(t) {
  const flags = microphoneFlags(`${recording}%noloop`).filter((it) => !it.startsWith("--autoplay-policy"));
  const browser = await launch(...flags, "--autoplay-policy=no-user-gesture-required");
  t.after(() => browser.close());
  return browser;
}

async function measure(name, pid, speaker, url, button, viewer, captions) {
  await speaker.addInitScript(listen, ONSET);
  await speaker.goto(url);
  await speaker.waitForSelector(button, { state: "attached" });
  await viewer.evaluate(watch, captions);
  const [cpu, began] = [cpuOf(pid), performance.now()];
  await speaker.click(button);
  await new Promise((resolve) => setTimeout(resolve, 1000 * (seconds + 6)));
  const share = (cpuOf(pid) - cpu) / ((performance.now() - began) / 1000);
  const heard = await speaker.evaluate(() => window.heardAt);
  const seen = await viewer.evaluate(() => window.seen);
  const first = new Map();
  for (const [at, text] of seen) for (const number of matched(words(text))) if (!first.has(number)) first.set(number, at);
  const delays = [...first].map(([number, at]) => (at - heard) / 1000 - (reference[number].end - onset)).sort((a, b) => a - b);
  const at = (part) => delays[Math.floor(part * (delays.length - 1))].toFixed(2);
  console.log(`${name}: ${first.size} of ${reference.length} words were shown, p50 ${at(0.5)} s after their end, p95 ${at(0.95)} s; ${share.toFixed(3)} processor seconds a second`);
}

/** In the speaker's page: when the sound that the page gets begins to be loud. */
function listen(loud) {
  const devices = navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await real(constraints);
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(512);
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      if (window.heardAt !== undefined) return;
      if (samples.some((it) => Math.abs(it) > loud)) window.heardAt = Date.now();
      else setTimeout(look, 4);
    };
    look();
    return stream;
  };
}

/** In the viewer's page: each text, and since when it is there. */
function watch(selector) {
  const captions = document.querySelector(selector);
  window.seen = [];
  const note = () => {
    if (captions.innerText !== window.seen.at(-1)?.[1]) window.seen.push([Date.now(), captions.innerText]);
  };
  new MutationObserver(note).observe(captions, { subtree: true, childList: true, characterData: true });
  note();
}

/** The numbers of the reference's words that are in a text, in order: the longest common subsequence. */
function matched(text) {
  const rows = Array.from({ length: reference.length + 1 }, () => new Uint16Array(text.length + 1));
  for (let a = reference.length - 1; a >= 0; a--) for (let b = text.length - 1; b >= 0; b--) rows[a][b] = reference[a].it === text[b] ? rows[a + 1][b + 1] + 1 : Math.max(rows[a + 1][b], rows[a][b + 1]);
  const found = [];
  for (let a = 0, b = 0; a < reference.length && b < text.length; ) {
    if (reference[a].it === text[b]) [found[found.length], a, b] = [a, a + 1, b + 1];
    else if (rows[a + 1][b] >= rows[a][b + 1]) a += 1;
    else b += 1;
  }
  return found;
}

/** Seconds of processor time of a process, on Linux. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(String(port)));
    });
  });
}
