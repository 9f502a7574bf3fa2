// The few things that every page does with its document.

/** The element of that id: a page without it is another version's. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const it = document.getElementById(id);
  if (!(it instanceof type)) throw new Error(`the page has no element #${id}`);
  return it;
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

/** Replaces a text only where it is another one: a status that is written again is read aloud again. */
export function say(it: HTMLElement, words: string): void {
  if (it.textContent !== words) it.textContent = words;
}
