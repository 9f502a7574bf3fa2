// Captions that are held back: an operator sees them before readers do, masks words of them and edits complete ones.
import { setLanguage } from "./direction.ts";
import { element, setText, text } from "./dom.ts";
import { heldKey, wordsIn, type HeldCaption, type Stages } from "./operator-corrections.ts";
import { post, type Answer } from "./operator-server.ts";
import { WordRow } from "./operator-words.ts";

interface Shown {
  item: HTMLLIElement;
  row: WordRow;
  left: HTMLElement;
  edit: HTMLButtonElement;
  caption: HeldCaption;
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
    if (hadFocus && !this.#list.contains(document.activeElement)) (this.#list.querySelector<HTMLElement>(".word") ?? element("holding-title")).focus();
  }

  #shownOf(caption: HeldCaption): Shown {
    const key = heldKey(caption);
    const known = this.#shown.get(key);
    if (known) return known;
    const item = document.createElement("li");
    const [left, mask, edit] = [text("span", "", "quiet"), text("button", "Mask"), text("button", "Edit")];
    const row = new WordRow("holding-help", { mask: () => void this.#mask(shown), edit: () => this.#edit(shown) });
    for (const it of [mask, edit]) it.type = "button";
    item.append(left, row.element, mask, edit);
    const shown: Shown = { item, row, left, edit, caption };
    mask.addEventListener("click", () => void this.#mask(shown));
    edit.addEventListener("click", () => this.#edit(shown));
    this.#shown.set(key, shown);
    return shown;
  }

  #fill(shown: Shown, caption: HeldCaption): void {
    shown.caption = caption;
    const { row, left, edit } = shown;
    const words = wordsIn(caption.text).map((it) => it.word);
    row.show(words, caption.lang, `Held back, ${caption.speaker ?? caption.track}`);
    setText(left, `${(caption.left_ms / 1000).toFixed(1)} s`);
    edit.hidden = !caption.is_final;
  }

  async #mask(shown: Shown): Promise<void> {
    const word = wordsIn(shown.caption.text)[shown.row.chosen]?.word;
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
      shown.row.focus();
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
