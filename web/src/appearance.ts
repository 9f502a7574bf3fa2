// Puts a reader's choices on the page. All as properties and attributes, which the Content-Security-Policy allows.
import { voiceColours } from "./overlay-voices.ts";
import type { Overlay } from "./streamer.ts";
import { FONTS, type Reader } from "./reader.ts";
import { translucent } from "./settings.ts";

export function applyReader(page: HTMLElement, { view, lines, size, font, colours, width, leading, both, lang, bar }: Reader): void {
  Object.assign(page.dataset, { view, font, colours, beside: both && lang !== "" ? "yes" : "no", bar: bar ? "on" : "off" });
  setProperties(page, { "--lines": lines, "--scale": size / 100, "--width": width, "--leading": leading / 100 });
}

export function applyOverlay(page: HTMLElement, it: Overlay): void {
  const { position, align, box } = it;
  const isOurs = FONTS.some((name) => name === it.font);
  const hasCast = it.shadow !== "none";
  Object.assign(page.dataset, { position, align, box, font: isOurs ? it.font : "other" });
  Object.assign(page.dataset, { unstable: onOff(it.unstable), capitals: onOff(it.capitals), outline: onOff(it.outline !== "none"), shadow: onOff(hasCast) });
  setProperties(page, {
    ...voices(it),
    "--lines": it.lines,
    "--width": it.width,
    "--leading": it.leading / 100,
    "--margin": `${it.margin}vh`,
    "--weight": it.weight,
    "--text": it.text,
    "--ground": translucent(it.background, it.opacity),
    "--padding": it.padding / 100,
    "--radius": it.radius / 100,
    "--page": it.page,
    "--outline": it.outline === "none" ? "transparent" : it.outline,
    "--stroke": `${it.stroke}px`,
    "--cast": hasCast ? `${it.offset}px ${it.offset}px ${it.blur}px ${it.shadow}` : "0 0 transparent",
    // Where it is not set, the size follows from the window, so that a whole line fits.
    "--size": it.size,
    "--other-font": isOurs ? "" : `"${it.font}"`,
  });
}

function voices(it: Overlay): Record<string, string> {
  // Without colours of their own the names have that of the letters.
  return Object.fromEntries(voiceColours(it).map((colour, at) => [`--voice-${at}`, it.voices ? colour : ""]));
}

function onOff(it: boolean): string {
  return it ? "on" : "off";
}

/** An empty value leaves the property to the style sheet. */
function setProperties(page: HTMLElement, properties: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(properties)) page.style.setProperty(name, String(value));
}
