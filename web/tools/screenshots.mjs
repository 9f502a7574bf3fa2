// Takes the pictures of docs/pages: the bundled demo in a real browser, on a phone, a desktop and a projector.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { isLive, launch, open, shows, skip } from "../tests/support/browser.mjs";
import { relaying, root, start } from "../tests/support/livecap.mjs";

const folder = join(root, "docs/pages");
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 720 };
const PROJECTOR = { width: 1920, height: 1080 };

if (skip) throw new Error(skip);
mkdirSync(folder, { recursive: true });
const afterwards = [];
const t = { after: (what) => afterwards.push(what) };
const browser = await launch();
try {
  await ofTheDemo();
  await ofLanguages();
} finally {
  await browser.close();
  for (const it of afterwards) await it();
}

async function ofTheDemo() {
  const demo = await start(t, ["run", "pipelines/demo.toml"], { LIVECAP_HOST: "127.0.0.1", LIVECAP_PORT: "0" });
  const at = (path, viewport, options = {}) => open(t, browser, demo.url + path, { viewport, ...options });
  const pages = {
    "captions-phone": await at("/?colours=light", PHONE),
    "captions-phone-settings": await at("/?colours=dark&size=120", PHONE),
    "captions-desktop": await at("/?colours=light", DESKTOP),
    "captions-dark-settings": await at("/?colours=dark", DESKTOP),
    "captions-dyslexic": await at("/?colours=light&font=dyslexic&width=34", DESKTOP),
    "captions-projector": await at("/?colours=contrast&view=lines&lines=3&size=200", PROJECTOR),
    "overlay-projector": await at("/overlay?page=2d5a3d&clear=0", PROJECTOR),
    "demo-desktop": await at("/demo", DESKTOP, { colorScheme: "light" }),
  };
  await pages["captions-phone-settings"].keyboard.press("s");
  await pages["captions-dark-settings"].keyboard.press("s");
  // One after the other, each with some sentences above and one that is being spoken, before and after the picture.
  for (const [name, page] of Object.entries(pages)) {
    do await page.waitForFunction(isSpeaking, undefined, { polling: "raf" });
    while ((await page.screenshot({ path: join(folder, `${name}.png`) })) && !(await page.evaluate(isSpeaking)));
  }
}

/** Runs in the page. The plain client's page has a list instead of captions. */
function isSpeaking() {
  const rows = document.querySelectorAll('.caption[data-kind="final"], li.final').length;
  const tail = document.querySelector('.caption[data-kind="partial"] .tail')?.textContent ?? document.querySelector("li:first-child.intermediate")?.textContent ?? "";
  const settled = document.querySelector('.caption[data-kind="partial"] .committed')?.textContent ?? tail;
  return rows >= 3 && tail !== "" && settled.length > 8;
}

/** What the demo does not have: another language, one from right to left, and something that is missing. */
async function ofLanguages() {
  const relay = await relaying(t);
  const page = await open(t, browser, `${relay.url}/?lang=he&both=on&colours=light`, { viewport: DESKTOP });
  await isLive(page);
  const caption = (segment, lang, text, more = {}) => ({ type: "caption", seq: 2 * segment, track: "hall", segment, revision: 1, kind: "final", lang, text, start: segment * 4, end: segment * 4 + 3, ...more });
  const hebrew = (segment, text, more = {}) => caption(segment, "he", text, { of: { lang: "en", revision: 1 }, ...more });
  await relay.say(
    { type: "hello", v: 1, stream: "picture", tracks: [{ name: "hall", lang: "en", langs: ["he"] }], next: 1 },
    caption(1, "en", "Good morning, everybody, and welcome."),
    hebrew(1, "בוקר טוב לכולם, וברוכים הבאים."),
    { type: "gap", seq: 5, track: "hall", start: 7, end: 8, why: "overload" },
    caption(2, "en", "The train to the station leaves at nine."),
    hebrew(2, "הרכבת לתחנה יוצאת בתשע."),
    caption(3, "en", "Please take your seats now", { kind: "partial", committed: "Please take" }),
  );
  await shows(page, "your seats now");
  await page.screenshot({ path: join(folder, "captions-right-to-left.png") });
}
