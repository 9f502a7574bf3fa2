// The settings of the overlay, which are in its address; each is documented in docs/pages.md.
import { FONTS } from "./reader.ts";
import { choice, colour, flag, font, language, length, names, number, type Range, type Values } from "./settings.ts";

/** Seconds: never, or long enough to be read. */
function silence(initial: number): Range {
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
  /** One of ours, or one that is installed where the overlay is shown. */
  font: font(FONTS, "sans"),
  /** Of the letters: 400 is regular, 700 bold. */
  weight: number(400, 100, 900),
  capitals: flag(false),
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
  /** What that background fills: each caption, or one box for all lines. */
  box: choice(["words", "block"], "words"),
  /** From the words to the edges of the background, in percent of the size. Above and below them of a box only: lines follow each other. */
  padding: number(40, 0, 200),
  /** Of the background's corners, in percent of the size. */
  radius: number(0, 0, 200),
  outline: colour("none", "none"),
  /** How wide the outline is, in px. */
  stroke: number(2, 1, 12),
  shadow: colour("none", "none"),
  /** How soft the shadow is, in px. */
  blur: number(6, 0, 40),
  /** How far below and to the right the shadow lies, in px. */
  offset: number(3, 0, 40),
  /** Behind everything. */
  page: colour("transparent", "transparent"),
  /** The translation that is shown; empty: the original. */
  lang: language(),
  /** The original below its translation. */
  both: flag(false),
  /** The original, until its translation is there. */
  original: flag(false),
  /** Whether gaps are shown. */
  gaps: flag(true),
  /** The tracks that are shown; none named: all. */
  tracks: names(),
  /** The speakers who are shown; none named: all. */
  speakers: names(),
  /** The names of speakers and tracks. */
  names: flag(true),
  /** A colour for the name of each speaker. */
  voices: flag(true),
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
