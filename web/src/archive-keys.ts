// Words of a transcript by the keyboard: arrow keys go from word to word, also into the next passage, and Enter plays.

const STOPS = ".passage .time, .passage .word";

export function followKeys(view: HTMLElement): void {
  view.addEventListener("keydown", (pressed) => {
    const at = pressed.target;
    if (!(at instanceof HTMLElement) || !at.matches(STOPS) || pressed.altKey || pressed.ctrlKey || pressed.metaKey) return;
    const step = stepOf(pressed.key, at);
    if (step !== 0) {
      const stops = [...view.querySelectorAll<HTMLElement>(STOPS)];
      stops[stops.indexOf(at) + step]?.focus();
    } else if (at.matches(".word") && (pressed.key === "Enter" || pressed.key === " ")) {
      at.click();
    } else {
      return;
    }
    pressed.preventDefault();
  });
}

/** 1: to the next word. In a text from right to left that is the one on the left. */
function stepOf(key: string, at: HTMLElement): number {
  const forth = at.closest(".passage")?.querySelector("[dir]")?.getAttribute("dir") === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (key !== "ArrowLeft" && key !== "ArrowRight") return 0;
  return key === forth ? 1 : -1;
}
