// Looks of the overlay to begin with, for three kinds of use.
import type { Overlay } from "./streamer.ts";

export interface Preset {
  name: string;
  /** Whom it is for. */
  about: string;
  /** All else has its default. */
  look: Partial<Overlay>;
}

export const PRESETS: readonly Preset[] = [
  { name: "Plain", about: "Every setting as it is by default.", look: {} },
  {
    name: "Broadcaster",
    about: "Two short lines in one solid box. Words are shown once they are certain.",
    look: { width: 37, opacity: 100, box: "block", padding: 35, unstable: false, gaps: false },
  },
  {
    name: "Streamer",
    about: "Bold outlined letters over a game or a camera, without a box.",
    look: { width: 32, size: "6vh", weight: 700, opacity: 0, outline: "#000000", stroke: 4, shadow: "#000000", blur: 8, offset: 4, gaps: false },
  },
  {
    name: "Large room",
    about: "A screen of its own: large letters on black, which stay. Where there are none it says why.",
    look: { lines: 4, width: 28, size: "9vh", leading: 140, position: "middle", text: "#ffe14d", opacity: 0, page: "#000000", clear: 0, status: true },
  },
];

/** What is shown, which a look leaves as it is. */
const KEPT = ["lang", "both", "original", "tracks", "speakers"] as const;

export function withPreset(before: Overlay, defaults: Overlay, { look }: Preset): Overlay {
  const kept = Object.fromEntries(KEPT.map((name) => [name, before[name]]));
  return { ...defaults, ...look, ...kept };
}
