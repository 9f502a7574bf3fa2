// Lines that begin and end on whole pixels of the screen: else a strip of the line that was rolled away is left above the others.

/** Gives the box lines of whole pixels, and stands it where its own edge is on one. The style sheet has it positioned, with lines as high as `--line` says. */
export function toWholePixels(box: HTMLElement, ratio = window.devicePixelRatio): void {
  box.style.removeProperty("--line");
  const line = Number.parseFloat(getComputedStyle(box).lineHeight);
  if (line > 0) box.style.setProperty("--line", `${whole(line, ratio)}px`);
  settle(box, ratio);
}

/** The second alone: something above it, or around it, has changed. */
export function settle(box: HTMLElement, ratio = window.devicePixelRatio): void {
  box.style.top = "0";
  const { top } = box.getBoundingClientRect();
  box.style.top = `${whole(top, ratio) - top}px`;
}

/** In px of the page, a whole number of the screen's. */
export function whole(px: number, ratio: number): number {
  return Math.round(px * ratio) / ratio;
}
