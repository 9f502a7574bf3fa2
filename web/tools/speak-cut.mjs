// Shows what a cut of the network does to a speaker in a browser, in real time: `node tools/speak-cut.mjs RECORDING MODEL [SECONDS…]`.
// RECORDING: a WAV file of 48 kHz for Chromium's fake microphone; SECONDS: lengths of cuts, 3 and 30. Each is made 25 s after the start.
import { withCleanup } from "../tests/support/cleanup.mjs";
import { isLive, launch, open } from "../tests/support/browser.mjs";
import { follow } from "../tests/support/operator.mjs";
import { microphoneFlags, speaking, throughNetwork } from "../tests/support/speaker.mjs";

const [recording, model, ...given] = process.argv.slice(2);
const BEFORE = 25;
const AFTER = 25;

for (const length of given.length > 0 ? given.map(Number) : [3, 30]) await withCleanup((t) => cutFor(t, length));

async function cutFor(t, length) {
  const server = await speaking(t, { model });
  const network = await throughNetwork(t, server.url);
  const browser = await launch(...microphoneFlags(`${recording}%noloop`));
  t.after(() => browser.close());
  const viewer = await follow(server.url);
  t.after(() => viewer.close());
  const page = await open(t, browser, `${network.url}/speak`);
  await page.click("#start");
  await isLive(page);
  await seconds(BEFORE);
  network.cut();
  await seconds(length);
  network.mend();
  const mended = performance.now();
  await isLive(page);
  console.log(`a cut of ${length} s: live again ${((performance.now() - mended) / 1000).toFixed(1)} s after the network`);
  await seconds(AFTER);
  const shown = [...viewer.all("caption").filter((it) => it.kind === "final"), ...viewer.all("gap")].sort((a, b) => a.seq - b.seq);
  for (const it of shown) console.log(`  ${it.start.toFixed(2)} to ${it.end.toFixed(2)} s: ${it.text ?? `gap of ${(it.end - it.start).toFixed(2)} s (${it.why})`}`);
  const overlaps = shown.filter((it, at) => at > 0 && it.start < shown[at - 1].end - 0.001).length;
  const gaps = viewer.all("gap");
  console.log(`  ${gaps.length} gaps of ${gaps.reduce((sum, it) => sum + it.end - it.start, 0).toFixed(1)} s, ${overlaps} overlaps, page says ${await page.textContent("#lost")} lost`);
}

function seconds(count) {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count));
}
