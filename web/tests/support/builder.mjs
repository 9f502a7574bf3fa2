// The overlay builder for the browser tests.
import assert from "node:assert/strict";
import { captioning } from "./livecap.mjs";

/** Large enough for a source of that size at its full size. */
const WINDOW = { width: 1500, height: 1000 };
export const SOURCE = { width: 800, height: 450 };
export const SMALL = `width=${SOURCE.width}&height=${SOURCE.height}&behind=white`;

/**
 * So many pixels may differ where there are round corners: Chromium smooths a corner that crosses the edge of one of its tiles
 * differently, and the tiles lie elsewhere. About twice of what was seen (22); another radius, colour or letter changes far more.
 */
export const ROUNDED = 40;

/** `query` as an overlay has it; `fragment`: what the builder adds. It has a server of its own unless one is given. */
export async function openBuilder(t, open, query, fragment, { server, ...options } = {}) {
  const { url } = server ?? (await captioning(t));
  const page = await open(t, undefined, { viewport: WINDOW, ...options });
  await page.goto(`${url}/overlay/edit?${query}#${fragment}`);
  await captionsAreThere(page);
  return page;
}

export function captionsAreThere(page) {
  return page.frameLocator("#frame").locator("#captions > *").first().waitFor({ state: "attached" });
}

/** What is seen in the area of the preview. */
export function preview(page) {
  return page.locator("#canvas").screenshot();
}

/** Waits for something that can only be asked for again and again, such as what a page looks like. */
export async function until(isSo, message) {
  for (const end = Date.now() + 10_000; ; ) {
    if (await isSo()) return;
    assert.ok(Date.now() < end, typeof message === "string" ? message : message());
  }
}
