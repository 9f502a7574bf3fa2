// What the builder itself remembers, in the fragment of its address: the picture behind the overlay and the sample. No overlay needs it.
import { choice, flag, number, type Values } from "./settings.ts";

export const BUILDER = {
  /** What the overlay is laid over. */
  behind: choice(["picture", "green", "grey", "black", "white"], "picture"),
  /** Of the source in OBS or of the projector, in px. */
  width: number(1920, 160, 7680),
  height: number(1080, 90, 4320),
  sample: choice(["one", "two", "gap"], "one"),
  /** The sample holds still. */
  still: flag(false),
};

export type Builder = Values<typeof BUILDER>;
