// One text whose beginning is settled and whose end is not, as elements that are added to and never laid out anew.
import { text } from "./dom.ts";

/** What is to be done so that a text that is shown becomes another one. */
export interface Step {
  /** Settled words that come behind those that are shown; `undefined`: the settled text is another one, and is written anew. */
  added: string | undefined;
  settled: string;
  /** What stands between the two: it belongs to neither, and is not to be underlined with the tail. */
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
 * Whether a line may break between two texts only if it is told so. Where words are not divided by spaces, a sign that
 * follows later, such as a full stop, would draw the word before it to the next line; so what has been committed apart
 * stays apart.
 */
export function needsBreak(before: string, after: string): boolean {
  return before !== "" && after !== "" && !/\s$/u.test(before) && !/^\s/u.test(after);
}

export class Words {
  readonly element: HTMLElement;
  private readonly committed = text("span", "", "committed");
  private readonly space = document.createTextNode("");
  private readonly tail = text("span", "", "tail");
  private readonly apart = document.createElement("wbr");
  private settled = "";

  constructor(name: string) {
    this.element = text("span", "", name);
    this.element.append(this.committed, this.space, this.tail);
  }

  show(whole: string, committed: number): void {
    const { added, settled, space, tail } = step(this.settled, whole, committed);
    if (added === undefined) this.committed.textContent = settled;
    else if (added !== "") {
      if (needsBreak(this.settled, added)) this.committed.append(document.createElement("wbr"));
      this.committed.append(added);
    }
    this.settled = settled;
    if (this.space.data !== space) this.space.data = space;
    if (this.tail.textContent !== tail) this.tail.textContent = tail;
    if (needsBreak(settled, space + tail)) this.tail.before(this.apart);
    else this.apart.remove();
  }
}
