// The colours of speakers' names on the overlay: readable on whatever is most likely behind them.
import { mixed, opposite, readable } from "./contrast.ts";
import { sixDigits } from "./settings.ts";
import type { Overlay } from "./streamer.ts";

/** As bright as on the dark page. */
const COLOURS = ["#6cc0ee", "#fdba74", "#7fd89b", "#d0a8ff", "#ff9dc0", "#e8cc66", "#5fd6c8", "#a9b4ff"];
/** From so many percent on the background counts, and what shines through it least. */
const DENSE = 50;

/** Behind the letters, at its least favourable: what the background lies on is not known. */
export function paperOf({ background, opacity, text, outline, shadow, page }: Overlay): string {
  const [ground, letters] = [whole(background), whole(text)];
  if (page !== "transparent") return mixed(whole(page), ground, opacity / 100);
  if (opacity >= DENSE) return mixed(opposite(ground), ground, opacity / 100);
  // Letters are set off by their outline or their shadow, or by a picture that is far from them.
  return outline !== "none" ? whole(outline) : shadow !== "none" ? whole(shadow) : opposite(letters);
}

/** One for each voice. */
export function voiceColours(it: Overlay): string[] {
  return COLOURS.map((colour) => readable(colour, paperOf(it)));
}

function whole(colour: string): string {
  return `#${sixDigits(colour)}`;
}
