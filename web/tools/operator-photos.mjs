// Takes the pictures of the operator's page in docs/pages/, from a pipeline at work: `npm run screenshots`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { FLAGS, RECORDING, SOON_MS, findBrowser, pipeline, root, started } from "../tests/operator-support.mjs";

/** Long enough for lines in the plots. */
const POINTS = Number(process.env.POINTS ?? 60);
const PICTURES = [
  ["operator-desktop.png", { width: 1440, height: 900 }, "light"],
  ["operator-dark.png", { width: 1440, height: 900 }, "dark"],
  ["operator-phone.png", { width: 390, height: 844 }, "light"],
];

const folder = join(root, "docs/pages");
mkdirSync(folder, { recursive: true });
// A service that is not there: the picture shows a stage in trouble too. Port 9 is that of `discard`, which nobody runs.
const more = '[translate.spanish]\nfrom = "english"\nto = "es"\nprovider = "libretranslate"\nurl = "http://127.0.0.1:9"\n';
const browser = await chromium.launch({ executablePath: findBrowser(), args: FLAGS });
const server = await started(pipeline(RECORDING, { token: true, more }), { secret: "photo" });
try {
  const pages = [];
  for (const [name, viewport, colorScheme] of PICTURES) {
    const page = await (await browser.newContext({ viewport, colorScheme })).newPage();
    await page.goto(`${server.url}/operator#token=photo`);
    pages.push([name, page]);
  }
  for (const [name, page] of pages) {
    await page.waitForFunction((wanted) => Number(document.getElementById("lag-plot")?.dataset.points) >= wanted, POINTS, { timeout: POINTS * 1000 + SOON_MS });
    await page.screenshot({ path: join(folder, name), fullPage: true });
    console.log(join("docs/pages", name));
  }
} finally {
  await browser.close();
  server.process.kill("SIGKILL");
}
