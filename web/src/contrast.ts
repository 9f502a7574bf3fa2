// The contrast of two colours as WCAG 2 measures it, and a colour that is readable on a background.

type Rgb = readonly [number, number, number];

/** The papers of the page's light and dark colours, as in colours.css. */
export const PAPERS = { light: "#fbfaf7", dark: "#101418" } as const;

/** What WCAG 2 asks of text (1.4.3). */
export const ENOUGH = 4.5;

const STEPS = 100;

/** From 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(rgb(one)), luminance(rgb(other))].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colour, made darker or lighter as far as it must be to be readable on `paper`. */
export function readable(colour: string, paper: string): string {
  const towards: Rgb = luminance(rgb(paper)) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let step = 0; step <= STEPS; step += 1) {
    const it = mixed(colour, hex(towards), step / STEPS);
    if (contrast(it, paper) >= ENOUGH) return it;
  }
  return hex(towards);
}

/** The first colour with so much of the other one in it, from 0 to 1. */
export function mixed(one: string, other: string, share: number): string {
  const to = rgb(other);
  return hex(rgb(one).map((it, at) => it + (to[at]! - it) * share));
}

/** Black or white, whichever is further from the colour. */
export function opposite(colour: string): string {
  return contrast(colour, "#000000") < contrast(colour, "#ffffff") ? "#ffffff" : "#000000";
}

/** The colour for the light page, and for the dark one. */
export function pair(colour: string): [light: string, dark: string] {
  return [readable(colour, PAPERS.light), readable(colour, PAPERS.dark)];
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((it) => {
    const share = it / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function rgb(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
}

function hex(colour: readonly number[]): string {
  return `#${colour.map((it) => Math.round(it).toString(16).padStart(2, "0")).join("")}`;
}
