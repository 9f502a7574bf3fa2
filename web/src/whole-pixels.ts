// Lines that begin and end on whole pixels of the screen: otherwise a strip of the line above stays visible.

/** Makes the lines of the box whole pixels high (`--line`) and moves its upper edge onto one. The style sheet positions the box. */
export function toWholePixels(box: HTMLElement, ratio = window.devicePixelRatio): void {
  box.style.removeProperty("--line");
  const line = Number.parseFloat(getComputedStyle(box).lineHeight);
  if (line > 0) box.style.setProperty("--line", `${whole(line, ratio)}px`);
  alignToPixels(box, ratio);
}

/** Moves the upper edge alone: something above the box or around it has changed. */
export function alignToPixels(box: HTMLElement, ratio = window.devicePixelRatio): void {
  box.style.top = "0";
  const { top } = box.getBoundingClientRect();
  box.style.top = `${whole(top, ratio) - top}px`;
}

/** Moves the left edge. */
export function alignSideways(box: HTMLElement, ratio = window.devicePixelRatio): void {
  box.style.left = "0";
  const { left } = box.getBoundingClientRect();
  box.style.left = `${whole(left, ratio) - left}px`;
}

/** In px of the page, a whole number of the screen's. */
export function whole(px: number, ratio: number): number {
  return Math.round(px * ratio) / ratio;
}
