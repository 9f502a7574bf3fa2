// How long a caption takes from its arrival to the screen: 10 a second, in a real browser. `npm run bench:paint`, on a quiet machine.
import { cpus } from "node:os";
import { DESKTOP, isLive, launch, open, skip } from "../tests/support/browser.mjs";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { captioning } from "../tests/support/livecap.mjs";
import { generator, speech } from "../tests/support/speech.mjs";

const EVERY_MS = 100;
const SECONDS = Number(process.argv[2] ?? 30);

if (skip) throw new Error(skip);
await withCleanup(async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} processors, Chromium ${browser.version()}`);
  for (const [name, path, viewport] of [
    ["whole transcript", "/?measure", DESKTOP],
    ["last lines, projector", "/?measure&view=lines", { width: 1920, height: 1080 }],
  ]) {
    const server = await captioning(t);
    // As many sentences as the page holds: a full page is what takes longest.
    await server.say(...speech(generator(1), 600).filter((it) => it.type === "final"));
    const page = await open(t, browser, server.url + path, { viewport });
    await isLive(page);
    await page.waitForFunction(() => document.querySelectorAll(".caption").length >= 500);
    const lines = speech(generator(2), SECONDS * 2).slice(0, (SECONDS * 1000) / EVERY_MS);
    await new Promise((resolve) => {
      const timer = setInterval(() => {
        const line = lines.shift();
        if (line) return void server.say(line);
        clearInterval(timer);
        resolve();
      }, EVERY_MS);
    });
    const times = await page.evaluate(() => performance.getEntriesByName("caption to paint").map((it) => it.duration));
    times.sort((a, b) => a - b);
    const at = (part) => `${times[Math.min(times.length - 1, Math.floor(times.length * part))]?.toFixed(1)} ms`;
    console.log(`${name}: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, longest ${at(1)}, of ${times.length} captions`);
    await page.context().close();
  }
});
