// Captions that are held back: an operator sees them before readers do, masks words of them and edits complete ones.
import { setLanguage } from "./direction.ts";
import { element, setText, text } from "./dom.ts";
import { heldKey, wordsIn, type HeldCaption, type Stages } from "./operator-corrections.ts";
import { post, type Answer } from "./operator-server.ts";

interface Shown {
  item: HTMLLIElement;
  words: HTMLElement;
  left: HTMLElement;
  edit: HTMLButtonElement;
  caption: HeldCaption;
  /** Which word is chosen. */
  chosen: number;
  form?: HTMLFormElement | undefined;
}

export class HeldPanel {
  readonly #place = element("holding");
  readonly #list = element("held", HTMLOListElement);
  readonly #shown = new Map<string, Shown>();

  /** `name`: who operates; empty where no name is given. */
  constructor(private readonly name: () => string) {}

  show({ hold_back_ms: time, held }: Stages): void {
    this.#place.hidden = time === null;
    if (time === null) return;
    setText("holding-time", `${time / 1000} s`);
    const wanted = new Set(held.map(heldKey));
    const hadFocus = this.#list.contains(document.activeElement);
    for (const [key, { item }] of this.#shown) {
      if (wanted.has(key)) continue;
      item.remove();
      this.#shown.delete(key);
    }
    held.forEach((caption, at) => {
      const shown = this.#shownOf(caption);
      if (this.#list.children[at] !== shown.item) this.#list.insertBefore(shown.item, this.#list.children[at] ?? null);
      this.#fill(shown, caption);
    });
    // What had the focus is shown to readers now: the next one is likely to be looked at.
    if (hadFocus && !this.#list.contains(document.activeElement)) (this.#list.querySelector<HTMLElement>(".held-word") ?? element("holding-title")).focus();
  }

  #shownOf(caption: HeldCaption): Shown {
    const key = heldKey(caption);
    const known = this.#shown.get(key);
    if (known) return known;
    const item = document.createElement("li");
    const [words, left, mask, edit] = [text("span", "", "held-words"), text("span", "", "quiet"), text("button", "Mask"), text("button", "Edit")];
    words.role = "group";
    words.setAttribute("aria-label", `Held back, ${caption.speaker ?? caption.track}`);
    words.setAttribute("aria-describedby", "holding-help");
    for (const it of [mask, edit]) it.type = "button";
    item.append(left, words, mask, edit);
    const shown: Shown = { item, words, left, edit, caption, chosen: 0 };
    words.addEventListener("focusin", (event) => this.#choose(shown, [...words.children].indexOf(event.target as Element)));
    words.addEventListener("keydown", (event) => this.#key(shown, event));
    mask.addEventListener("click", () => void this.#mask(shown));
    edit.addEventListener("click", () => this.#edit(shown));
    this.#shown.set(key, shown);
    return shown;
  }

  /** Words keep their elements, so that the focus stays while the sentence grows. */
  #fill(shown: Shown, caption: HeldCaption): void {
    shown.caption = caption;
    const { words, left, edit } = shown;
    setLanguage(words, caption.lang);
    setText(left, `${(caption.left_ms / 1000).toFixed(1)} s`);
    edit.hidden = !caption.is_final;
    const all = wordsIn(caption.text);
    while (words.childElementCount > all.length) words.lastElementChild!.remove();
    all.forEach(({ word }, at) => {
      const known = words.children[at] as HTMLElement | undefined;
      const it = known ?? words.appendChild(Object.assign(text("button", "", "held-word"), { type: "button" }));
      it.tabIndex = at === Math.min(shown.chosen, all.length - 1) ? 0 : -1;
      setText(it, word);
    });
  }

  #choose(shown: Shown, at: number): void {
    if (at < 0) return;
    shown.chosen = at;
    [...shown.words.children].forEach((it, number) => ((it as HTMLElement).tabIndex = number === at ? 0 : -1));
  }

  #key(shown: Shown, event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      // In the direction of the text.
      const forwards = getComputedStyle(shown.words).direction === "rtl" ? -step : step;
      (shown.words.children[shown.chosen + forwards] as HTMLElement | undefined)?.focus();
    } else if (event.key.toLowerCase() === "m" && !event.ctrlKey && !event.metaKey && !event.altKey) void this.#mask(shown);
    else if (event.key === "Enter") this.#edit(shown);
    else return;
    event.preventDefault();
  }

  async #mask(shown: Shown): Promise<void> {
    const word = wordsIn(shown.caption.text)[shown.chosen]?.word;
    if (word === undefined) return;
    this.#tell(await this.#send(shown.caption, { mask: word }), "The word is masked: nobody has seen it.");
  }

  #edit(shown: Shown): void {
    const { caption, item } = shown;
    if (!caption.is_final) return setText("holding-done", "The sentence is not complete yet: mask words of it, or wait.");
    if (shown.form) return;
    const [form, field] = [document.createElement("form"), document.createElement("input")];
    field.type = "text";
    field.value = caption.text;
    field.autocomplete = "off";
    field.setAttribute("aria-label", `Held back, ${caption.speaker ?? caption.track}`);
    setLanguage(field, caption.lang);
    form.append(field);
    const leave = (): void => {
      form.remove();
      shown.form = undefined;
      (shown.words.children[shown.chosen] as HTMLElement | undefined)?.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(caption, { text: field.value }).then((answer) => {
        this.#tell(answer, "Changed before anybody saw it.");
        leave();
      });
    });
    shown.form = form;
    item.append(form);
    field.focus();
  }

  #send({ track, segment, of_language }: HeldCaption, change: { mask: string } | { text: string }): Promise<Answer<undefined>> {
    const by = this.name();
    return post("api/held", { track, segment, ...(of_language === null ? {} : { of_language }), ...change, ...(by === "" ? {} : { by }) });
  }

  #tell(answer: Answer<undefined>, done: string): void {
    setText("holding-done", "value" in answer ? done : answer.status === "gone" ? "No answer came: it may have been done or not." : `It was not done: ${answer.why}`);
  }
}
