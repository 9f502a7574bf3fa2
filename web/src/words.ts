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

/** Which part of `after` differs from `before`, in whole words; `undefined`: none, or words were only taken away. */
export function changedPart(before: string, after: string): { from: number; to: number } | undefined {
  const [old, now] = [before.split(/(?<=\s)/u), after.split(/(?<=\s)/u)];
  let [first, last] = [0, 0];
  while (first < now.length && first < old.length && old[first]!.trimEnd() === now[first]!.trimEnd()) first += 1;
  const most = Math.min(now.length, old.length) - first;
  while (last < most && old[old.length - 1 - last]!.trimEnd() === now[now.length - 1 - last]!.trimEnd()) last += 1;
  const from = now.slice(0, first).join("").length;
  const to = from + now.slice(first, now.length - last).join("").trimEnd().length;
  return from < to ? { from, to } : undefined;
}

/** A part of a final that was corrected, and what is told of that. */
export interface Marked {
  from: number;
  to: number;
  told: string;
}

export class Words {
  readonly element: HTMLElement;
  readonly #committed = text("span", "", "committed");
  readonly #space = document.createTextNode("");
  readonly #tail = text("span", "", "tail");
  readonly #apart = document.createElement("wbr");
  #settled = "";
  #marked = "";

  constructor(name: string) {
    this.element = text("span", "", name);
    this.element.append(this.#committed, this.#space, this.#tail);
  }

  show(whole: string, committed: number, marked?: Marked): void {
    const { added, settled, space, tail } = step(this.#settled, whole, committed);
    // What stands before the corrected words, and what is behind them, is the same text: lines above them stay as they are.
    const isMarked = marked !== undefined || this.#marked !== "";
    const mark = JSON.stringify(marked) ?? "";
    if (isMarked && (mark !== this.#marked || added !== "")) this.#correct(settled, marked);
    else if (added === undefined) this.#committed.textContent = settled;
    else if (added !== "") {
      if (needsBreak(this.#settled, added)) this.#committed.append(document.createElement("wbr"));
      this.#committed.append(added);
    }
    this.#settled = settled;
    this.#marked = mark;
    if (this.#space.data !== space) this.#space.data = space;
    if (this.#tail.textContent !== tail) this.#tail.textContent = tail;
    if (needsBreak(settled, space + tail)) this.#tail.before(this.#apart);
    else this.#apart.remove();
  }

  #correct(settled: string, marked: Marked | undefined): void {
    if (marked === undefined) return void (this.#committed.textContent = settled);
    const part = text("span", settled.slice(marked.from, marked.to), "corrected");
    part.title = marked.told;
    this.#committed.replaceChildren(settled.slice(0, marked.from), part, settled.slice(marked.to));
  }
}
