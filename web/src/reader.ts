// What a reader of the caption page may choose; each is documented in docs/pages.md.
import { choice, flag, language, names, number, type Values } from "./settings.ts";

export const VIEWS = ["transcript", "lines"] as const;
export const COLOURS = ["system", "light", "dark", "contrast"] as const;
export const FONTS = ["sans", "serif", "mono", "dyslexic"] as const;

export const READER = {
  /** The whole transcript, or its last lines. */
  view: choice(VIEWS, "transcript"),
  /** How many lines the short view has. */
  lines: number(2, 1, 8),
  /** The translation that is read; empty: the original. */
  lang: language(),
  /** The original beside the translation. */
  both: flag(false),
  /** The tracks that are shown; none named: all. */
  tracks: names(),
  /** The speakers who are shown; none named: all. */
  speakers: names(),
  /** Whether the names of speakers and tracks are shown. */
  names: flag(true),
  /** In percent of the default size. */
  size: number(100, 50, 400),
  font: choice(FONTS, "sans"),
  colours: choice(COLOURS, "system"),
  /** Characters in a line, about. */
  width: number(40, 15, 100),
  /** From line to line, in percent of the size. */
  leading: number(140, 110, 220),
  /** The time of day at the beginning of each paragraph. */
  times: flag(false),
  /** Whether the line with the title and the settings is shown. */
  bar: flag(true),
  /** Whether the screen stays on while captions come. */
  awake: flag(true),
  /** Whether single keys are shortcuts. */
  keys: flag(true),
  /** The language of the page itself; empty: the browser's. */
  ui: language(),
};

export type Reader = Values<typeof READER>;

/** Of those, what the slide for an audience takes. */
export const JOIN = {
  font: READER.font,
  colours: READER.colours,
  keys: READER.keys,
  ui: READER.ui,
  /** Whether the code carries the token of who shows it. */
  share: choice(["address", "token"], "address"),
};

/** Parameters in the URL that are no settings: `measure` is for the bench. */
export const OTHERS = ["measure"] as const;
