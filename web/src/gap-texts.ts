// What stands where words are missing, in the reader's language.
import { textInOneOf, type Key } from "./texts.ts";
import type { Why } from "./wire.ts";

const TEXTS: Record<Why, Key> = {
  overload: "gap.overload",
  device: "gap.device",
  source: "gap.source",
  network: "gap.network",
  paused: "gap.paused",
  restart: "gap.restart",
  history: "gap.history",
  fault: "gap.fault",
};

export interface GapText {
  text: string;
  /** The language that it is in. */
  lang: string;
}

/** `wanted`: languages in the order in which they would do; English does where none of them has texts. */
export function gapText(why: Why | string, seconds: number | null, wanted: readonly (string | undefined)[]): GapText {
  const langs = wanted.filter((it) => it !== undefined);
  // A newer server may have reasons that this page does not know.
  const gap = textInOneOf(langs, Object.hasOwn(TEXTS, why) ? TEXTS[why as Why] : "gap.fault");
  if (seconds === null || seconds < 1) return gap;
  return textInOneOf(langs, "gap.seconds", { gap: gap.text, seconds: Math.round(seconds) });
}
