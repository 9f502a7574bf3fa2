// The system's Chromium for the tests, and what they wait for on a page.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { target } from "./livecap.mjs";
import { findProgram, isExecutable } from "./programs.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MAC = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];
const path = process.env.LIVECAP_CHROMIUM ?? findProgram(NAMES) ?? ON_MAC.find(isExecutable);
export const skip = path ? false : "no Chromium on this machine; LIVECAP_CHROMIUM may name one";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 720 };

export function launch(...flags) {
  return chromium.launch({ executablePath: path, args: [...FLAGS, ...flags] });
}

/** As `launch`. What its pages play can be shared; without this a headless browser has no sound at all. */
export function launchAudible(...flags) {
  return chromium.launch({ executablePath: path, ignoreDefaultArgs: ["--mute-audio"], args: [...FLAGS, ...flags] });
}

/** The browser of a suite. `open` opens a page in it until the test is over. */
export function useBrowser(...flags) {
  let browser;
  before(async () => {
    browser = await launch(...flags);
  });
  after(() => browser?.close());
  return { open: (t, url, options) => open(t, browser, url, options) };
}

/**
 * A page in a profile of its own, closed after the test. `complaints`: warnings and errors of its console, and exceptions.
 * `requests`: the addresses that it asked for, of websockets too.
 */
export async function open(t, browser, url, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  page.complaints = [];
  page.requests = [];
  page.on("console", (it) => ["error", "warning"].includes(it.type()) && page.complaints.push(it.text()));
  page.on("pageerror", (it) => page.complaints.push(String(it)));
  page.on("request", (it) => page.requests.push(it.url()));
  page.on("websocket", (it) => page.requests.push(it.url().replace(/^ws/, "http")));
  if (url !== undefined) await page.goto(url);
  return page;
}

/** Waits until the captions contain `text`. */
export function shows(page, text) {
  return page.waitForFunction((wanted) => document.getElementById("captions").textContent.includes(wanted), text, { polling: "raf" });
}

/** Waits until the text of `selector` matches: a page paints at most once a frame. */
export function tells(page, selector, pattern) {
  const matches = ([at, source]) => new RegExp(source).test(document.querySelector(at)?.textContent ?? "");
  return page.waitForFunction(matches, [selector, pattern.source], { polling: "raf" });
}

/** Waits until so many elements match `selector`. */
export function hasCount(page, selector, count, polling = "raf") {
  return page.waitForFunction(([at, wanted]) => document.querySelectorAll(at).length === wanted, [selector, count], { polling });
}

/** Waits until the page has this status, as its root element's `data-status` says. */
export function hasStatus(page, status, options = {}) {
  return page.waitForSelector(`html[data-status="${status}"]`, { state: "attached", ...options });
}

/** Waits until the page receives what is said from now on. */
export function isLive(page) {
  return hasStatus(page, "live");
}

export function fontsAreLoaded(page) {
  return page.waitForFunction(() => [...document.fonts].every((it) => it.status === "loaded"));
}

/** The visible captions. */
export async function texts(page) {
  return trimmed(page.locator(".caption:visible .words"));
}

/** The visible captions that are final. */
export async function finals(page) {
  return trimmed(page.locator('.caption[data-kind="final"]:visible'));
}

async function trimmed(locator) {
  return (await locator.allTextContents()).map((it) => it.trim());
}

/** How far the transcript is scrolled up from its end, in px. */
export function pxFromEnd(page) {
  return page.locator("#scroller").evaluate((it) => it.scrollHeight - it.clientHeight - it.scrollTop);
}

/** Waits until the transcript is longer than its place and scrolled up by so many px; 0: to its end. */
export function isScrolledUp(page, px) {
  return page.waitForFunction((wanted) => {
    const { scrollHeight, clientHeight, scrollTop } = document.getElementById("scroller");
    return scrollTop > 0 && Math.abs(scrollHeight - clientHeight - scrollTop - wanted) < 2;
  }, px);
}

/** Clicks a link that downloads: the name of the file, and what is in it. */
export async function download(page, selector) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
  const parts = await (await file.createReadStream()).toArray();
  return { name: file.suggestedFilename(), text: Buffer.concat(parts).toString("utf8") };
}

/** Leaves a screenshot for people to look at, in target/screenshots. */
export async function photograph(page, name) {
  const folder = join(target, "screenshots");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, name) });
}
