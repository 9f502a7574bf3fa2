// The words of a caption as a row of buttons: arrow keys choose one, M masks it, Enter edits the caption.
import { setLanguage } from "./direction.ts";
import { setText, text } from "./dom.ts";

export interface Uses {
  /** Word number `at`. */
  mask(at: number): void;
  edit(at: number): void;
  /** Whether a click on a word edits, too; otherwise it only chooses. */
  editsByClick?: boolean;
}

export class WordRow {
  readonly element = text("span", "", "words");
  #chosen = 0;

  /** `help`: the id of the element that says how it is used. */
  constructor(
    help: string,
    private readonly uses: Uses,
  ) {
    this.element.role = "group";
    this.element.setAttribute("aria-describedby", help);
    this.element.addEventListener("focusin", (event) => this.#choose(this.#at(event)));
    this.element.addEventListener("keydown", (event) => this.#key(event));
    if (uses.editsByClick) this.element.addEventListener("click", (event) => this.#at(event) >= 0 && uses.edit(this.#at(event)));
  }

  get chosen(): number {
    return this.#chosen;
  }

  /** Words keep their elements, so that the focus stays while the sentence grows. */
  show(words: string[], lang: string, label: string): void {
    const { element } = this;
    setLanguage(element, lang);
    if (element.ariaLabel !== label) element.ariaLabel = label;
    while (element.childElementCount > words.length) element.lastElementChild!.remove();
    words.forEach((word, at) => {
      const known = element.children[at] as HTMLElement | undefined;
      const it = known ?? element.appendChild(Object.assign(text("button", "", "word"), { type: "button" }));
      it.tabIndex = at === Math.min(this.#chosen, words.length - 1) ? 0 : -1;
      setText(it, word);
    });
  }

  focus(): void {
    const at = Math.min(this.#chosen, this.element.childElementCount - 1);
    (this.element.children[at] as HTMLElement | undefined)?.focus();
  }

  #at(event: Event): number {
    return [...this.element.children].indexOf(event.target as Element);
  }

  #choose(at: number): void {
    if (at < 0) return;
    this.#chosen = at;
    [...this.element.children].forEach((it, number) => ((it as HTMLElement).tabIndex = number === at ? 0 : -1));
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      // In the direction of the text.
      const forwards = getComputedStyle(this.element).direction === "rtl" ? -step : step;
      (this.element.children[this.#chosen + forwards] as HTMLElement | undefined)?.focus();
    } else if (event.key.toLowerCase() === "m" && !event.ctrlKey && !event.metaKey && !event.altKey) this.uses.mask(this.#chosen);
    else if (event.key === "Enter") this.uses.edit(this.#chosen);
    else return;
    event.preventDefault();
  }
}
