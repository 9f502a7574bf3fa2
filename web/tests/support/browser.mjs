// The system's Chromium for the tests, and what they ask of a page.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const path = process.env.LIVECAP_CHROMIUM ?? ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map(onPath).find(Boolean) ?? onMac();
export const skip = path ? false : "no Chromium on this machine; LIVECAP_CHROMIUM may name one";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch(...flags) {
  return chromium.launch({ executablePath: path, args: [...FLAGS, ...flags] });
}

/** A page in a profile of its own, until the test is over; `complaints` is what it said on its console, and what went wrong in it. */
export async function open(t, browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (it) => ["error", "warning"].includes(it.type()) && page.complaints.push(it.text()));
  page.on("pageerror", (it) => page.complaints.push(String(it)));
  if (url !== undefined) await page.goto(url);
  return page;
}

/** Once the page shows it: what was said is on the screen. */
export function shows(page, text) {
  return page.waitForFunction((wanted) => document.getElementById("captions").textContent.includes(wanted), text, { polling: "raf" });
}

/** Once what stands in `selector` matches: pages paint at most once a frame, so after what is told to them. */
export function tells(page, selector, pattern) {
  const matches = ([at, source]) => new RegExp(source).test(document.querySelector(at)?.textContent ?? "");
  return page.waitForFunction(matches, [selector, pattern.source], { polling: "raf" });
}

/** Once it hears what is said from now on. */
export function isLive(page) {
  return page.waitForSelector('html[data-standing="live"]', { state: "attached" });
}

export async function texts(page) {
  return (await page.locator(".caption:visible .words").allTextContents()).map((it) => it.trim());
}

function onMac() {
  return ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"].find(isExecutable);
}

function onPath(name) {
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
