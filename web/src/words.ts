// The text of a caption: settled words are added to and never laid out anew, the rest may change.
import { text } from "./dom.ts";

/** How the text that is shown becomes the next one. */
export interface Step {
  /** Settled text to append; `undefined`: the settled text differs from what is shown, and is written anew. */
  added: string | undefined;
  settled: string;
  /** Between the two: it is not underlined with the tail. */
  space: string;
  tail: string;
}

/** `before`: the settled text that is shown. `committed`: how many characters of `whole` will not change. */
export function step(before: string, whole: string, committed: number): Step {
  const settled = whole.slice(0, committed).trimEnd();
  const rest = whole.slice(settled.length);
  const tail = rest.trimStart();
  return {
    added: settled.startsWith(before) ? settled.slice(before.length) : undefined,
    settled,
    space: tail === "" ? "" : rest.slice(0, rest.length - tail.length),
    tail,
  };
}

/**
 * Whether an explicit break opportunity (`wbr`) is needed between two texts. In a script without spaces a punctuation mark
 * that is added later would pull the character before it to the next line; with the `wbr` it stays where it is.
 */
export function needsBreak(before: string, after: string): boolean {
  return before !== "" && after !== "" && !/\s$/u.test(before) && !/^\s/u.test(after);
}

export class Words {
  readonly element: HTMLElement;
  readonly #committed = text("span", "", "committed");
  readonly #space = document.createTextNode("");
  readonly #tail = text("span", "", "tail");
  readonly #apart = document.createElement("wbr");
  #settled = "";

  constructor(name: string) {
    this.element = text("span", "", name);
    this.element.append(this.#committed, this.#space, this.#tail);
  }

  show(whole: string, committed: number): void {
    const { added, settled, space, tail } = step(this.#settled, whole, committed);
    if (added === undefined) this.#committed.textContent = settled;
    else if (added !== "") {
      if (needsBreak(this.#settled, added)) this.#committed.append(document.createElement("wbr"));
      this.#committed.append(added);
    }
    this.#settled = settled;
    if (this.#space.data !== space) this.#space.data = space;
    if (this.#tail.textContent !== tail) this.#tail.textContent = tail;
    if (needsBreak(settled, space + tail)) this.#tail.before(this.#apart);
    else this.#apart.remove();
  }
}
