// Run by packaging/try-live: opens the page of the program whose terminal is in the first file, plays the second, waits for its words.
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { launch } from "../web/tests/support/browser.mjs";

const [, , said, talk] = process.argv;
const url = /listening on (http:\S+)/.exec(readFileSync(said, "utf8"))?.[1];
if (url === undefined) throw new Error(`no address in ${said}`);
const began = Number(BigInt(readFileSync(join(dirname(said), "began"), "utf8").trim()) / 1_000_000n);
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.goto(url);
  const player = spawn("paplay", ["--device=room", talk], { stdio: "inherit" });
  const spoke = Date.now();
  await page.waitForFunction(() => document.getElementById("captions").textContent.trim().split(/\s+/).length >= 5, undefined, { timeout: 60_000 });
  const words = (await page.textContent("#captions")).trim().replace(/\s+/g, " ");
  const line = (what, ms) => `${what.padEnd(52)} ${String(Math.round(ms)).padStart(6)} ms\n`;
  appendFileSync(join(dirname(said), "steps"), line("livecap live, until somebody speaks", spoke - began) + line("from the first word spoken to five on the page", Date.now() - spoke) + `on the page: ${words}\n`);
  player.kill();
} finally {
  await browser.close();
}
