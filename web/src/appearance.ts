// Puts a reader's choices on the page. All as properties and attributes, which the Content-Security-Policy allows.
import type { Overlay } from "./streamer.ts";
import type { Reader } from "./reader.ts";
import { translucent } from "./settings.ts";

export function applyReader(page: HTMLElement, { view, lines, size, font, colours, width, leading, both, lang, bar }: Reader): void {
  Object.assign(page.dataset, { view, font, colours, beside: both && lang !== "" ? "yes" : "no", bar: bar ? "on" : "off" });
  setProperties(page, { "--lines": lines, "--scale": size / 100, "--width": width, "--leading": leading / 100 });
}

export function applyOverlay(page: HTMLElement, it: Overlay): void {
  const { font, position, align, unstable } = it;
  Object.assign(page.dataset, { font, position, align, unstable: unstable ? "on" : "off", outline: it.outline === "none" ? "off" : "on" });
  setProperties(page, {
    "--lines": it.lines,
    "--width": it.width,
    "--leading": it.leading / 100,
    "--margin": `${it.margin}vh`,
    "--text": it.text,
    "--ground": translucent(it.background, it.opacity),
    "--page": it.page,
    "--outline": it.outline === "none" ? "transparent" : it.outline,
    "--stroke": `${it.stroke}px`,
    // Otherwise the size follows from the window, so that a whole line fits.
    ...(it.size === "" ? {} : { "--size": it.size }),
  });
}

function setProperties(page: HTMLElement, properties: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(properties)) page.style.setProperty(name, String(value));
}
