// What a reader of the caption page may choose; each is documented in docs/pages.md.
import { choice, flag, language, names, number, type Values } from "./settings.ts";

export const VIEWS = ["transcript", "lines"] as const;
export const COLOURS = ["system", "light", "dark", "contrast"] as const;
export const FONTS = ["sans", "serif", "mono", "dyslexic"] as const;

export const READER = {
  /** All of it, or its last lines. */
  view: choice(VIEWS, "transcript"),
  /** How many lines the short view has. */
  lines: number(2, 1, 8),
  /** The translation that is read; empty: the original. */
  lang: language(),
  /** The original beside the translation. */
  both: flag(false),
  /** Those that are shown; none named: all. */
  tracks: names(),
  /** Percent of the usual size. */
  size: number(100, 50, 400),
  font: choice(FONTS, "sans"),
  colours: choice(COLOURS, "system"),
  /** Characters in a line, about. */
  width: number(40, 15, 100),
  /** From line to line, in percent of the size. */
  leading: number(140, 110, 220),
  /** Single keys as shortcuts. */
  keys: flag(true),
};

export type Reader = Values<typeof READER>;

/** What stands in the URL and is no setting: `measure` is the bench's. */
export const OTHERS = ["measure"] as const;
