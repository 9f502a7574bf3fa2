// The few things that every page does with its document.

/** The element of that id. A page without it is another version's. */
export function element<T extends HTMLElement = HTMLElement>(id: string, type?: new () => T): T {
  const it = document.getElementById(id);
  if (!(it instanceof (type ?? HTMLElement))) throw new Error(`the page has no element #${id}`);
  return it as T;
}

/** An element that holds a text and nothing else: what was said is never markup. */
export function text<K extends keyof HTMLElementTagNameMap>(tag: K, words: string, name = ""): HTMLElementTagNameMap[K] {
  const it = document.createElement(tag);
  if (name !== "") it.className = name;
  it.textContent = words;
  return it;
}

export function option(value: string, words: string): HTMLOptionElement {
  const it = text("option", words);
  it.value = value;
  return it;
}

/** Writes a text only where it differs: a screen reader reads a status that is written again aloud again. */
export function setText(place: string | Element, words: string): void {
  const it = typeof place === "string" ? element(place) : place;
  if (it.textContent !== words) it.textContent = words;
  // From now on it is not what the page's own texts say.
  it.removeAttribute("data-text");
}

/** Shown with this text, or hidden without one. */
export function showText(place: string | HTMLElement, words: string | undefined): void {
  const it = typeof place === "string" ? element(place) : place;
  setText(it, words ?? "");
  it.hidden = !words;
}

/** A function that has `paint` called with the next frame: once, however often it is called before that. */
export function oncePerFrame(paint: () => void): () => void {
  let isDue = false;
  const run = (): void => {
    isDue = false;
    paint();
  };
  return () => {
    if (isDue) return;
    isDue = true;
    // A page in the background gets no frames, and events must not pile up there.
    if (document.hidden) window.setTimeout(run, 0);
    else window.requestAnimationFrame(run);
  };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
