// The controls of the overlay builder: one for every setting of the overlay, in groups with a heading.
import type { Overlay } from "./streamer.ts";

interface Described {
  label: string;
  /** A line below it. */
  hint?: string;
  /** Where it has no effect it is not shown. */
  when?: (it: Overlay) => boolean;
}

export type Control = Described &
  (
    | { kind: "slider"; step: number }
    | { kind: "number"; step: number }
    | { kind: "choice"; words: Record<string, string> }
    | { kind: "switch" }
    /** `none`: the word for no colour at all. */
    | { kind: "colour"; none?: string }
    | { kind: "text"; example: string }
    | { kind: "font" }
    | { kind: "size" }
  );

export const CONTROLS: { [Name in keyof Overlay]: Control } = {
  font: { kind: "font", label: "Font" },
  size: { kind: "size", label: "Size" },
  weight: { kind: "slider", step: 100, label: "Weight", hint: "400 is regular, 700 bold. What the font lacks is the nearest that it has." },
  capitals: { kind: "switch", label: "Capitals" },
  text: { kind: "colour", label: "Colour" },
  outline: { kind: "colour", none: "none", label: "Outline" },
  stroke: { kind: "slider", step: 1, label: "Its width, px", when: (it) => it.outline !== "none" },
  shadow: { kind: "colour", none: "none", label: "Shadow" },
  blur: { kind: "slider", step: 1, label: "Its softness, px", when: (it) => it.shadow !== "none" },
  offset: { kind: "slider", step: 1, label: "Its offset, px", when: (it) => it.shadow !== "none" },
  background: { kind: "colour", label: "Colour", when: (it) => it.opacity > 0 },
  opacity: { kind: "slider", step: 5, label: "Opacity, %" },
  box: { kind: "choice", label: "Box", words: { words: "around each caption", block: "around all lines" } },
  padding: { kind: "slider", step: 5, label: "Padding, %" },
  radius: { kind: "slider", step: 5, label: "Rounded corners, %", hint: "In percent of the size of the letters." },
  page: { kind: "colour", none: "transparent", label: "Behind everything", hint: "For projectors, or as a key colour." },
  position: { kind: "choice", label: "Position", words: { bottom: "bottom", middle: "middle", top: "top" } },
  align: { kind: "choice", label: "Alignment", words: { center: "centre", left: "left", right: "right" }, hint: "Of the block: its lines begin at one edge, since centred words would move." },
  margin: { kind: "slider", step: 1, label: "Margin, % of the height" },
  lines: { kind: "slider", step: 1, label: "Lines" },
  width: { kind: "slider", step: 1, label: "Characters in a line" },
  leading: { kind: "slider", step: 5, label: "Line height, %" },
  lang: { kind: "text", label: "Translation", example: "nl", hint: "The code of the language to show, such as nl or pt-BR. Empty: the original." },
  both: { kind: "switch", label: "The original below its translation", when: (it) => it.lang !== "" },
  original: { kind: "switch", label: "The original until its translation comes", when: (it) => it.lang !== "" && !it.both },
  tracks: { kind: "text", label: "Tracks", example: "hall,booth", hint: "Names with commas between them. Empty: all." },
  speakers: { kind: "text", label: "Speakers", example: "Ada,Ben", hint: "Names with commas between them. Empty: all." },
  names: { kind: "switch", label: "Names of speakers and tracks" },
  voices: { kind: "switch", label: "A colour for each speaker’s name", when: (it) => it.names },
  unstable: { kind: "switch", label: "Words that may still change" },
  gaps: { kind: "switch", label: "Places where words are missing" },
  clear: { kind: "number", step: 1, label: "Cleared after a silence of, s", hint: "0: the captions stay." },
  status: { kind: "switch", label: "Why there is nothing to see" },
  ui: { kind: "text", label: "Language of messages", example: "nl", hint: "Empty: the browser's." },
};

export const GROUPS: readonly { heading: string; names: readonly (keyof Overlay)[] }[] = [
  { heading: "Letters", names: ["font", "size", "weight", "capitals", "text", "outline", "stroke", "shadow", "blur", "offset"] },
  { heading: "Background", names: ["opacity", "background", "box", "padding", "radius", "page"] },
  { heading: "Place and lines", names: ["position", "align", "margin", "lines", "width", "leading"] },
  { heading: "What is shown", names: ["lang", "both", "original", "tracks", "speakers", "names", "voices", "unstable", "gaps", "clear", "status", "ui"] },
];
