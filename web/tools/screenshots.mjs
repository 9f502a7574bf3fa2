// Takes the pictures of docs/pages: the bundled demo in a real browser, on a phone, a desktop and a projector.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DESKTOP, PHONE, isLive, launch, open, shows, skip } from "../tests/support/browser.mjs";
import { withCleanup } from "../tests/support/cleanup.mjs";
import { caption, final, hello, track, translation } from "../tests/support/events.mjs";
import { demonstrating, relaying, root, running } from "../tests/support/livecap.mjs";

const folder = join(root, "docs/pages");
const PROJECTOR = { width: 1920, height: 1080 };

/** What is said in the pictures of a talk that is kept. */
const TALK = [
  ["Ada Byron", "Good evening, everybody, and welcome to the town hall."],
  ["Ada Byron", "Tonight we talk about the bridge over the canal, and about what it costs."],
  ["Ben Okafor", "Thank you. The council has asked three engineers, and each of them says the same."],
  ["Ben Okafor", "The old bridge can carry bicycles and people, but no lorries."],
  ["Ada Byron", "So please ask Mr Morgan about the plan for the new one."],
  ["Chen Li", "The new bridge will be built beside the old one, which stays open meanwhile."],
  ["Chen Li", "We begin in spring, and the council pays two thirds of it."],
];

if (skip) throw new Error(skip);
mkdirSync(folder, { recursive: true });
await withCleanup(async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  // All of them, or those that are named: `node tools/screenshots.mjs kept`.
  const all = { demo: ofTheDemo, languages: ofLanguages, builder: ofTheBuilder, event: ofAnEvent, kept: ofWhatIsKept };
  for (const name of process.argv[2] ? [process.argv[2]] : Object.keys(all)) await all[name](t, browser);
});

async function ofTheDemo(t, browser) {
  const demo = await demonstrating(t);
  const at = (path, viewport, options = {}) => open(t, browser, demo.url + path, { viewport, ...options });
  const pages = {
    "captions-phone": await at("/?colours=light", PHONE),
    "captions-phone-settings": await at("/?colours=dark&size=120", PHONE),
    "captions-desktop": await at("/?colours=light", DESKTOP),
    "captions-dark-settings": await at("/?colours=dark", DESKTOP),
    "captions-dyslexic": await at("/?colours=light&font=dyslexic&width=34", DESKTOP),
    "captions-projector": await at("/?colours=contrast&view=lines&lines=3", PROJECTOR),
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
async function ofLanguages(t, browser) {
  const relay = await relaying(t);
  const page = await open(t, browser, `${relay.url}/?lang=he&both=on&colours=light`, { viewport: DESKTOP });
  await isLive(page);
  const hall = { track: "hall" };
  await relay.say(
    hello(track("hall", "en", "he")),
    caption(1, "Good morning, everybody, and welcome.", hall),
    translation(1, "he", "בוקר טוב לכולם, וברוכים הבאים.", hall),
    { type: "gap", seq: 5, track: "hall", start: 5, end: 6, why: "overload" },
    caption(2, "The train to the station leaves at nine.", hall),
    translation(2, "he", "הרכבת לתחנה יוצאת בתשע.", hall),
    caption(3, "Please take your seats now", { ...hall, kind: "partial", committed: "Please take" }),
  );
  await shows(page, "your seats now");
  await page.screenshot({ path: join(folder, "captions-right-to-left.png") });
}

async function ofTheBuilder(t, browser) {
  const relay = await relaying(t);
  const query = "lines=3&weight=700&box=block&padding=50&radius=35&lang=nl&both=on";
  const page = await open(t, browser, `${relay.url}/overlay/edit?${query}#still=on`, { viewport: DESKTOP, colorScheme: "light" });
  await page.frameLocator("#frame").locator('.caption[data-kind="partial"]').waitFor();
  await page.screenshot({ path: join(folder, "overlay-builder.png") });
}

/** The slide for an audience, at a name that is no loopback one. */
async function ofAnEvent(t) {
  const browser = await launch("--host-resolver-rules=MAP hall.example 127.0.0.1");
  t.after(() => browser.close());
  const event = '[page]\ntitle = "Town hall"\nsubtitle = "An evening with the council"\nlogo = "logo.svg"\n';
  const pipeline = `${event}[lines.english]\npath = "-"\n[translate.dutch]\nfrom = "english"\nto = "nl"\nprovider = "libretranslate"\nurl = "http://127.0.0.1:9"\n[translate.arabic]\nfrom = "english"\nto = "ar"\nprovider = "libretranslate"\nurl = "http://127.0.0.1:9"\n[broadcast.web]\nfrom = ["english", "dutch", "arabic"]\nlisten = "127.0.0.1:0"\nhosts = ["hall.example"]\n`;
  const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="30" fill="#7a1f5c"/><path d="M12 42V26l20-12 20 12v16z" fill="#fff"/></svg>';
  const server = await running(t, pipeline, {}, { "logo.svg": logo });
  const page = await open(t, browser, `${server.url.replace("127.0.0.1", "hall.example")}/join?colours=light`, { viewport: PROJECTOR });
  await page.waitForSelector(".languages li");
  await page.screenshot({ path: join(folder, "join-projector.png") });
}

/** A talk that is corrected while it is shown, searched, and read in the archive. */
async function ofWhatIsKept(t, browser) {
  const pipeline = `[page]\ntitle = "Town hall"\n[lines.english]\npath = "-"\n[broadcast.web]\nfrom = "english"\nlisten = "127.0.0.1:0"\noperator-token-env = "OPERATOR"\n[journal.book]\nfrom = "web"\npath = "book.db"\n`;
  const server = await running(t, pipeline, { OPERATOR: "o" });
  const said = TALK.map(([speaker, text], at) => {
    const [start, end] = [7 * at, 7 * at + 6];
    const parts = text.split(" ");
    const words = parts.map((word, nth) => ({ word: ` ${word}`, start: start + (6 * nth) / parts.length, end: start + (6 * (nth + 1)) / parts.length }));
    return final(text, { track: "english", seq: at + 1, segment: at, revision: 0, kind: "final", lang: "en", speaker, start, end, words, at: { captured: Date.now() } });
  });
  await server.say(...said);
  const reader = await open(t, browser, `${server.url}/?colours=light#token=o`, { viewport: DESKTOP });
  await shows(reader, TALK.at(-1)[1]);
  const operator = await open(t, browser, `${server.url}/operator#token=o`, { viewport: DESKTOP, colorScheme: "light" });
  await operator.fill("#editor-name", "Ada");
  await operator.locator("#editable .word", { hasText: "Morgan" }).click();
  await operator.keyboard.type("Morgen");
  await operator.locator("#editing").screenshot({ path: join(folder, "operator-editing.png") });
  await operator.keyboard.press("Enter");
  await shows(reader, "ask Mr Morgen about");
  await reader.screenshot({ path: join(folder, "captions-corrected.png") });
  await reader.keyboard.press("/");
  await reader.keyboard.type("council");
  await reader.waitForFunction(() => CSS.highlights.size > 0);
  await reader.screenshot({ path: join(folder, "captions-search.png") });
  for (const [name, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    const page = await open(t, browser, `${server.url}/archive?event=1#token=o`, { viewport, colorScheme: "light" });
    await page.locator(".passage .time").nth(2).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await page.screenshot({ path: join(folder, `archive-${name}.png`) });
  }
}
