// The line in which a reader searches what the page holds: counts hits, marks them, and leads from one to the next.
import { element, setText } from "./dom.ts";
import type { Follow } from "./follow.ts";
import { hits, wantedOf, type Hit } from "./search.ts";
import { locale, t } from "./texts.ts";

/** A hit, and the element with the text that it is in. */
interface Place extends Hit {
  words: Element;
}

export class SearchPanel {
  readonly #form = element("search", HTMLFormElement);
  readonly #input = element("wanted", HTMLInputElement);
  readonly #all = highlight("hits", 0);
  readonly #one = highlight("hit", 1);
  #places: Place[] = [];
  /** Which of them is shown. */
  #at = -1;
  /** What had the focus before. */
  #from: Element | null = null;
  /** The hits in texts that were searched before, for `#known`. */
  #cache = new WeakMap<Element, { text: string; found: Hit[] }>();
  #known = "";

  constructor(
    private readonly list: HTMLElement,
    private readonly scroller: HTMLElement,
    private readonly follow: Follow,
    private readonly toggled: (open: boolean) => void,
  ) {
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#input.addEventListener("input", () => this.#begin());
    this.#input.addEventListener("keydown", (event) => {
      // An input method takes Enter for itself.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#step(event.shiftKey ? -1 : 1);
    });
    element("following").addEventListener("click", () => this.#step(1));
    element("previous").addEventListener("click", () => this.#step(-1));
    element("unsearch").addEventListener("click", () => this.close());
  }

  get isOpen(): boolean {
    return !this.#form.hidden;
  }

  open(): void {
    if (!this.isOpen) {
      this.#from = document.activeElement;
      this.toggled(true);
      this.follow.hold(true);
      this.#form.hidden = false;
      this.#begin();
    }
    this.#input.focus();
    this.#input.select();
  }

  close(): void {
    if (!this.isOpen) return;
    const had = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#all?.clear();
    this.#one?.clear();
    this.follow.hold(false);
    this.toggled(false);
    const back = this.#from instanceof HTMLElement && this.#from !== document.body && this.#from.getClientRects().length > 0 ? this.#from : this.scroller;
    if (had) back.focus({ preventScroll: true });
  }

  /** To be called after the captions have changed. The hit that is shown stays the same one. */
  refresh(): void {
    if (!this.isOpen) return;
    const shown = this.#places[this.#at];
    this.#find();
    const same = shown && this.#places.findIndex((it) => it.words === shown.words && it.from === shown.from);
    this.#at = same !== undefined && same >= 0 ? same : Math.min(Math.max(this.#at, 0), this.#places.length - 1);
    this.#show();
  }

  /** Other words: the first hit from what is in view on, or else the last one. */
  #begin(): void {
    this.#find();
    const top = this.scroller.getBoundingClientRect().top;
    const next = this.#places.findIndex((it) => range(it).getBoundingClientRect().bottom > top);
    this.#at = next >= 0 ? next : this.#places.length - 1;
    this.#show();
    this.#reveal();
  }

  #step(by: 1 | -1): void {
    const count = this.#places.length;
    if (count === 0) return;
    this.#at = (this.#at + by + count) % count;
    this.#show();
    this.#reveal();
  }

  #find(): void {
    const wanted = wantedOf(this.#input.value);
    if (wanted !== this.#known) this.#cache = new WeakMap();
    this.#known = wanted;
    const all = wanted === "" ? [] : [...this.list.querySelectorAll(".words, .original")];
    this.#places = all.filter((it) => !it.closest("[hidden]")).flatMap((words) => this.#in(words, wanted).map((hit) => ({ ...hit, words })));
  }

  #in(words: Element, wanted: string): Hit[] {
    const text = words.textContent;
    const known = this.#cache.get(words);
    if (known?.text === text) return known.found;
    const found = hits(text, wanted);
    this.#cache.set(words, { text, found });
    return found;
  }

  #show(): void {
    const count = this.#places.length;
    const number = new Intl.NumberFormat(locale());
    if (this.#known === "") setText("found", "");
    else setText("found", count === 0 ? t("search.none") : t("search.count", { at: number.format(this.#at + 1), count: number.format(count) }));
    this.#all?.clear();
    this.#one?.clear();
    for (const [at, place] of this.#places.entries()) (at === this.#at ? this.#one : this.#all)?.add(range(place));
  }

  #reveal(): void {
    const place = this.#places[this.#at];
    if (place) this.follow.reveal(range(place).getBoundingClientRect());
  }
}

/** Marks are painted over the text, whose elements stay as they are. Browsers without them show the hits unmarked. */
function highlight(name: string, priority: number): Highlight | undefined {
  if (typeof Highlight === "undefined") return undefined;
  const it = new Highlight();
  it.priority = priority;
  CSS.highlights.set(name, it);
  return it;
}

function range({ words, from, to }: Place): Range {
  const it = document.createRange();
  const nodes = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  let before = 0;
  for (let node = nodes.nextNode(); node; node = nodes.nextNode()) {
    const after = before + (node as Text).length;
    if (from >= before && from < after) it.setStart(node, from - before);
    if (to > before && to <= after) {
      it.setEnd(node, to - before);
      break;
    }
    before = after;
  }
  return it;
}
