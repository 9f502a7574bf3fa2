// The settings of the overlay, which are in its address; each is documented in docs/pages.md.
import { FONTS } from "./reader.ts";
import { choice, colour, flag, language, length, names, number, type Setting, type Values } from "./settings.ts";

/** Seconds: never, or long enough to be read. */
function silence(initial: number): Setting<number> {
  const any = number(initial, 0, 3600);
  const parse = (given: string): number | undefined => {
    const it = any.parse(given);
    return it !== undefined && (it === 0 || it >= 1) ? it : undefined;
  };
  return { ...any, parse, expected: "seconds from 1 to 3600, or 0 for never" };
}

export const OVERLAY = {
  /** How many lines there are at most. */
  lines: number(2, 1, 8),
  /** Characters in a line, about. */
  width: number(40, 15, 100),
  /** Of the letters; empty: a line fits into the window. */
  size: length("", 400),
  font: choice(FONTS, "sans"),
  /** From line to line, in percent of the size. */
  leading: number(130, 110, 220),
  position: choice(["bottom", "middle", "top"], "bottom"),
  /** Of the block. Its lines begin at one edge: centred words would move with each one that is added. */
  align: choice(["center", "left", "right"], "center"),
  /** From the edges, in hundredths of the window's height. */
  margin: number(6, 0, 45),
  text: colour("#ffffff"),
  /** Behind the words. */
  background: colour("#000000"),
  /** Of that background, in percent. */
  opacity: number(70, 0, 100),
  outline: colour("none", "none"),
  /** How wide the outline is, in px. */
  stroke: number(2, 1, 12),
  /** Behind everything. */
  page: colour("transparent", "transparent"),
  /** The translation that is shown; empty: the original. */
  lang: language(),
  /** The original, until its translation is there. */
  original: flag(false),
  /** Whether gaps are shown. */
  gaps: flag(true),
  /** The tracks that are shown; none named: all. */
  tracks: names(),
  /** Whether words that may still change are shown. */
  unstable: flag(true),
  /** After so many seconds without a word the captions are cleared; 0: never. */
  clear: silence(6),
  /** Whether the overlay shows a message where there are no captions. */
  status: flag(false),
  /** The language of that message; empty: the browser's. */
  ui: language(),
};

export type Overlay = Values<typeof OVERLAY>;
