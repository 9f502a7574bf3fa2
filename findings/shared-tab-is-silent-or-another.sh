#!/usr/bin/env bash
# playwright-core 1.61.1, Chromium 156 (headless, Linux): a page shares a tab that plays a tone of 440 Hz (getDisplayMedia with audio).
# Expected: the audio track has the tone, and ends when the tab is closed.
# Seen: a live track, not muted, labelled "Tab audio", with nothing but zeros: Playwright starts headless browsers with --mute-audio,
# which silences tabs also for whoever shares them. Without it the tone is there. With the usual flags for a fake microphone
# (--use-fake-ui-for-media-stream, --use-fake-device-for-media-stream, --use-file-for-fake-audio-capture) the "tab" is not the tab: its
# track ("Fake audio") plays the microphone's file, and goes on when the tab is closed. A test of sharing passes without any sharing.
# So: ignoreDefaultArgs: ["--mute-audio"], --auto-select-tab-capture-source-by-title=TITLE for the choice, and no fake microphone.
# It needs node, npm and Chromium (CHROMIUM may name it).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
cd "$work"
echo '{}' >package.json
npm install --silent --no-audit --no-fund playwright-core@1.61.1
cat >share.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const RATE = 48_000;
const file = `${process.cwd()}/microphone.wav`;
const sound = Int16Array.from({ length: RATE }, (_, at) => 20_000 * Math.sin((2 * Math.PI * 1000 * at) / RATE));
const head = Buffer.alloc(44);
head.write("RIFF", 0), head.writeUInt32LE(36 + sound.byteLength, 4), head.write("WAVEfmt ", 8), head.writeUInt32LE(16, 16);
head.writeUInt16LE(1, 20), head.writeUInt16LE(1, 22), head.writeUInt32LE(RATE, 24), head.writeUInt32LE(2 * RATE, 28);
head.writeUInt16LE(2, 32), head.writeUInt16LE(16, 34), head.write("data", 36), head.writeUInt32LE(sound.byteLength, 40);
writeFileSync(file, Buffer.concat([head, Buffer.from(sound.buffer)]));

const server = createServer((asked, answer) => {
  answer.setHeader("content-type", "text/html");
  answer.end(`<title>${asked.url === "/tone" ? "Tone" : "Page"}</title><button>Press</button>`);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;

async function share(name, { args = [], ...options }) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--auto-select-tab-capture-source-by-title=Tone", ...args], ...options });
  const context = await browser.newContext();
  const tone = await context.newPage();
  await tone.goto(`${url}/tone`);
  await tone.click("button");
  await tone.evaluate(() => {
    const audio = new AudioContext();
    const oscillator = new OscillatorNode(audio, { frequency: 440 });
    oscillator.connect(audio.destination);
    oscillator.start();
    return audio.resume();
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.click("button");
  const heard = await page.evaluate(async () => {
    const stream = await navigator.mediaDevices.getDisplayMedia({ audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false }, video: true });
    const [track] = stream.getAudioTracks();
    window.track = track;
    const audio = new AudioContext();
    await audio.resume();
    const analyser = new AnalyserNode(audio, { fftSize: 8192 });
    audio.createMediaStreamSource(stream).connect(analyser);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const powers = new Float32Array(4096);
    analyser.getFloatFrequencyData(powers);
    const loudest = powers.reduce((best, it, at) => (it > powers[best] ? at : best), 0);
    return { label: track.label, live: track.readyState === "live" && !track.muted, hertz: powers[loudest] === -Infinity ? 0 : Math.round((loudest * audio.sampleRate) / 8192 / 10) * 10 };
  });
  await tone.close();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = await page.evaluate(() => window.track.readyState);
  const version = browser.version();
  await browser.close();
  console.log(`${name}: "${heard.label}", ${heard.live ? "live and not muted" : "no sound is given"}, ${heard.hertz === 0 ? "silence" : `${heard.hertz} Hz`}; ${after} when the tab is closed (Chromium ${version})`);
  return `${heard.label},${heard.live},${heard.hertz},${after}`;
}

const found = [
  await share("as Playwright starts it", {}),
  await share("without --mute-audio   ", { ignoreDefaultArgs: ["--mute-audio"] }),
  await share("with a fake microphone ", { ignoreDefaultArgs: ["--mute-audio"], args: ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", `--use-file-for-fake-audio-capture=${file}`] }),
];
server.close();
const expected = ["Tab audio,true,0,ended", "Tab audio,true,440,ended", "Fake audio,true,1000,live"];
if (found.join() !== expected.join()) {
  console.log("CHANGED");
  process.exitCode = 1;
}
JS
node share.mjs
