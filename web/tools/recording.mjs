// Films the caption page while the bundled recording plays, for the README: docs/pages/captions.gif. `npm run recording`.
import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import gifenc from "gifenc";
import { PNG } from "pngjs";
import { isLive, launch, open, skip } from "../tests/support/browser.mjs";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { demonstrating, root } from "../tests/support/livecap.mjs";

const { GIFEncoder, applyPalette, quantize } = gifenc;
const VIEWPORT = { width: 800, height: 400 };
const SECONDS = 24;
const EVERY_MS = 200;
/** Real weights, as `make setup` puts them there. */
const MODELS = process.env.LIVECAP_MODELS ?? join(homedir(), process.platform === "darwin" ? "Library/Application Support" : ".local/share", "livecap/models");
/** Text on a plain background needs no more. */
const COLOURS = 15;

if (skip) throw new Error(skip);
await withCleanup(async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  const demo = await demonstrating(t, { LIVECAP_MODELS: MODELS });
  const page = await open(t, browser, `${demo.url}/?colours=dark`, { viewport: VIEWPORT });
  await isLive(page);
  const frames = [];
  const begun = performance.now();
  while (performance.now() - begun < SECONDS * 1000) {
    const at = performance.now();
    frames.push({ at, png: PNG.sync.read(await page.screenshot()) });
    await page.waitForTimeout(Math.max(0, EVERY_MS - (performance.now() - at)));
  }
  const gif = GIFEncoder();
  // One palette for all frames, so that nothing flickers; its last entry means "unchanged".
  const palette = quantize(frames.at(-1).png.data, COLOURS);
  const unchanged = palette.length;
  palette.push([0, 0, 0]);
  let before;
  for (const [number, { at, png }] of frames.entries()) {
    const now = applyPalette(png.data, palette.slice(0, unchanged));
    const delay = (frames[number + 1]?.at ?? at + 3 * 1000) - at;
    const changes = before ? now.map((it, place) => (it === before[place] ? unchanged : it)) : now;
    const options = before ? { transparent: true, transparentIndex: unchanged, dispose: 1 } : { palette };
    gif.writeFrame(changes, png.width, png.height, { ...options, delay });
    before = now;
  }
  gif.finish();
  writeFileSync(join(root, "docs/pages/captions.gif"), gif.bytes());
  console.log("docs/pages/captions.gif", gif.bytes().length, "bytes");
});
