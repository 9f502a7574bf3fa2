// Takes the pictures of the operator's page in docs/pages/, from a pipeline at work: `npm run screenshots`.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PHONE, launch, open } from "../tests/support/browser.mjs";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { root, running } from "../tests/support/livecap.mjs";
import { RECORDING, pipeline } from "../tests/support/operator.mjs";
import { SOON_MS } from "../tests/support/within.mjs";

/** Long enough for lines in the plots. */
const POINTS = Number(process.env.POINTS ?? 60);
const WIDE = { width: 1440, height: 900 };
const PICTURES = [
  ["operator-desktop.png", WIDE, "light"],
  ["operator-dark.png", WIDE, "dark"],
  ["operator-phone.png", PHONE, "light"],
];
// A service that is not there: the picture shows a stage in trouble too. Port 9 is that of `discard`, which nobody runs.
const TRANSLATE = '[translate.spanish]\nfrom = "english"\nto = "es"\nprovider = "libretranslate"\nurl = "http://127.0.0.1:9"\n';

const folder = join(root, "docs/pages");
mkdirSync(folder, { recursive: true });
await withCleanup(async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  const server = await running(t, pipeline(RECORDING, { token: true, more: TRANSLATE }), { OPERATOR: "photo" });
  const address = `${server.url}/operator#token=photo`;
  const pages = await Promise.all(PICTURES.map(([, viewport, colorScheme]) => open(t, browser, address, { viewport, colorScheme })));
  for (const [at, page] of pages.entries()) {
    await page.waitForFunction((wanted) => Number(document.getElementById("lag-plot")?.dataset.points) >= wanted, POINTS, { timeout: POINTS * 1000 + SOON_MS });
    const [name] = PICTURES[at];
    await page.screenshot({ path: join(folder, name), fullPage: true });
    console.log(join("docs/pages", name));
  }
});
