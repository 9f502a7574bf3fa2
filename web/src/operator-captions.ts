// The panel of captions: the newest ones are text that can be edited, by mouse or by keyboard alone.
import { setLanguage } from "./direction.ts";
import { element, setText, showText, text } from "./dom.ts";
import { isEditables, keyOf, pairOf, Undo, whyNotAlways, wordsIn, type Editable, type Stages } from "./operator-corrections.ts";
import { HeldPanel } from "./operator-held.ts";
import { get, post, type Answer } from "./operator-server.ts";
import type { State } from "./operator-wire.ts";
import { VocabularyBox } from "./operator-vocabulary.ts";
import { WordRow } from "./operator-words.ts";
import { stored } from "./storage.ts";

const NAME = stored("localStorage", "livecap-operator-name");

/** How often captions that are held back are asked for. */
const OFTEN_MS = 250;

interface Shown {
  item: HTMLLIElement;
  caption: Editable;
  /** What it says on the page. */
  row: WordRow;
}

/** What is being typed, and the text that it is meant to replace. */
interface Editing {
  key: string;
  before: string;
  form: HTMLFormElement;
  field: HTMLInputElement;
  always: HTMLInputElement;
}

export class CaptionsPanel {
  readonly #list = element("editable", HTMLOListElement);
  readonly #name = element("editor-name", HTMLInputElement);
  readonly #undoButton = element("undo", HTMLButtonElement);
  readonly #shown = new Map<string, Shown>();
  readonly #undo = new Undo();
  readonly #vocabulary = new VocabularyBox();
  readonly #held = new HeldPanel(() => this.#name.value.trim());
  #stages: Stages = { rules: [], vocabularies: [], hold_back_ms: null, held: [] };
  #often: number | undefined;
  #editing: Editing | undefined;

  constructor(private readonly place: HTMLElement) {
    this.#name.value = NAME.read() ?? "";
    this.#name.addEventListener("change", () => NAME.write(this.#name.value.trim() || undefined));
    this.#undoButton.addEventListener("click", () => void this.#takeBack());
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#tellUndo();
  }

  async poll(state: State): Promise<void> {
    this.place.hidden = !state.may_operate || state.node !== undefined;
    if (!this.place.hidden) await this.#refresh();
  }

  async #refresh(): Promise<void> {
    const answer = await get<unknown>("api/captions");
    if (!("value" in answer) || !isEditables(answer.value)) return;
    this.#stages = answer.value;
    this.#held.show(answer.value);
    // Held captions wait for seconds only.
    if (answer.value.hold_back_ms !== null) this.#often ??= window.setTimeout(() => void this.#again(), OFTEN_MS);
    this.#vocabulary.show(answer.value.vocabularies);
    this.#show(answer.value.captions);
  }

  async #again(): Promise<void> {
    this.#often = undefined;
    if (!this.place.hidden && !document.hidden) await this.#refresh();
  }

  /** Elements stay where their caption does, so that neither focus nor selection is lost. */
  #show(captions: Editable[]): void {
    const wanted = new Set(captions.map(keyOf));
    for (const [key, { item }] of this.#shown) {
      if (wanted.has(key) || key === this.#editing?.key) continue;
      item.remove();
      this.#shown.delete(key);
    }
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 24;
    let next = this.#list.firstElementChild;
    for (const caption of captions) {
      const shown = this.#shownOf(caption);
      if (shown.item === next) next = next.nextElementSibling;
      else this.#list.insertBefore(shown.item, next);
    }
    if (atEnd && this.#editing === undefined) this.#list.scrollTop = this.#list.scrollHeight;
  }

  #shownOf(caption: Editable): Shown {
    const key = keyOf(caption);
    const known = this.#shown.get(key);
    if (known) {
      if (known.caption.text !== caption.text || known.caption.by !== caption.by) fill(known.row, caption);
      known.caption = caption;
      return known;
    }
    const item = document.createElement("li");
    const row = new WordRow("editing-help", { mask: (at) => void this.#mask(shown, at), edit: (at) => this.#edit(shown, at), editsByClick: true });
    const shown: Shown = { item, caption, row };
    fill(row, caption);
    const who = [caption.speaker ?? caption.track, ...(caption.of === null ? [] : [caption.lang])].join(", ");
    item.append(text("span", who, "quiet"), " ", row.element);
    this.#shown.set(key, shown);
    return shown;
  }

  /** `at`: which word is chosen. */
  #edit(shown: Shown, at: number): void {
    this.#leave();
    const { caption, row, item } = shown;
    const [form, field] = [document.createElement("form"), document.createElement("input")];
    field.type = "text";
    field.value = caption.text;
    field.autocomplete = "off";
    field.spellcheck = true;
    field.setAttribute("aria-label", `Caption of ${caption.speaker ?? caption.track}`);
    field.setAttribute("aria-describedby", "editing-help");
    setLanguage(field, caption.lang);
    const always = this.#always(caption);
    const save = text("button", "Save");
    save.type = "submit";
    const mask = text("button", "Mask");
    mask.type = "button";
    mask.title = "Put *** in the place of the chosen words";
    mask.addEventListener("click", () => {
      const [from, to] = chosenWords(field);
      if (from === to) return setText("editing-done", "Choose the words to be masked.");
      field.setRangeText("***", from, to);
      void this.#save(true);
    });
    form.append(field, always.label, save, mask, ...always.note);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save(false);
    });
    row.element.hidden = true;
    item.append(form);
    this.#editing = { key: keyOf(caption), before: caption.text, form, field, always: always.box };
    field.focus();
    const chosen = wordsIn(caption.text)[at];
    if (chosen) field.setSelectionRange(chosen.at, chosen.at + chosen.word.length);
    else field.select();
  }

  /** Without saving. */
  #leave(): void {
    const editing = this.#editing;
    if (!editing) return;
    this.#editing = undefined;
    editing.form.remove();
    const shown = this.#shown.get(editing.key);
    if (!shown) return;
    shown.row.element.hidden = false;
    shown.row.focus();
  }

  async #save(masked: boolean): Promise<void> {
    const editing = this.#editing;
    const caption = editing && this.#shown.get(editing.key)?.caption;
    if (!editing || !caption) return;
    const after = editing.field.value.trim().replace(/\s+/gu, " ");
    if (after === editing.before) return this.#leave();
    editing.field.readOnly = true;
    const answer = await this.#send(caption, editing.before, { text: after, ...(masked ? { masked } : {}) });
    editing.field.readOnly = false;
    if ("value" in answer) {
      this.#undo.add({ caption, before: editing.before, after: answer.value.text });
      this.#tellUndo();
      setText("editing-done", `${masked ? "Masked" : "Corrected"}: ${answer.value.text}`);
      if (this.#editing === editing) this.#leave();
      if (editing.always.checked && !masked) await this.#addRule(caption, editing.before, after);
      return this.#refresh();
    }
    const now = changedTo(answer);
    if (now === undefined) return setText("editing-done", notDone(answer));
    // What was typed stays; saved again, it replaces what the other one wrote.
    editing.before = now;
    setText("editing-done", `Somebody else changed this caption meanwhile. It says now: “${now}”. Enter replaces that by your text; Escape leaves it.`);
    await this.#refresh();
  }

  async #mask({ caption }: Shown, at: number): Promise<void> {
    const mask = wordsIn(caption.text)[at]?.word;
    if (mask === undefined) return;
    const answer = await this.#send(caption, caption.text, { mask });
    if ("value" in answer) {
      this.#undo.add({ caption, before: caption.text, after: answer.value.text });
      this.#tellUndo();
      setText("editing-done", `Masked: ${answer.value.text}`);
    } else {
      const now = changedTo(answer);
      setText("editing-done", now === undefined ? notDone(answer) : `Nothing was masked: somebody else changed this caption meanwhile. It says now: “${now}”.`);
    }
    await this.#refresh();
  }

  /** Whether what was corrected is always to be written so, or why that cannot be. */
  #always(caption: Editable): { label: HTMLLabelElement; box: HTMLInputElement; note: HTMLElement[] } {
    const box = document.createElement("input");
    box.type = "checkbox";
    const label = document.createElement("label");
    label.append(box, " Always");
    const why = whyNotAlways(this.#stages, caption);
    if (why === undefined) return { label, box, note: [] };
    box.disabled = true;
    const note = text("span", why, "quiet");
    note.id = "always-why";
    box.setAttribute("aria-describedby", note.id);
    return { label, box, note: [note] };
  }

  async #addRule({ track, lang, of }: Editable, before: string, after: string): Promise<void> {
    const pair = pairOf(before, after);
    if (!pair) return setText("editing-done", "Corrected. There is no rule for it: a rule needs words that others take the place of.");
    const answer = await post<{ stage: string; paste: string }>("api/replace", { track, ...(of === null ? {} : { lang }), ...pair });
    if (!("value" in answer)) return setText("editing-done", `Corrected, but the rule was not added: ${answer.why}`);
    setText("editing-done", `Corrected. From now on ${answer.value.stage} writes “${pair.to}” for “${pair.from}”, until livecap ends. For the pipeline file:`);
    showText("paste", answer.value.paste);
  }

  async #takeBack(): Promise<void> {
    const done = this.#undo.last;
    if (!done) return;
    const answer = await this.#send(done.caption, done.after, { text: done.before });
    if ("value" in answer) setText("editing-done", `Taken back: ${done.before}`);
    else {
      const now = changedTo(answer);
      setText("editing-done", now === undefined ? notDone(answer) : `It was not taken back: somebody else changed this caption since. It says now: “${now}”.`);
      if (answer.status === "gone") return;
    }
    this.#undo.drop();
    this.#tellUndo();
    await this.#refresh();
  }

  #send({ track, segment, lang }: Pick<Editable, "track" | "segment" | "lang">, before: string, change: { text: string; masked?: boolean } | { mask: string }): Promise<Answer<{ seq: number; text: string }>> {
    const by = this.#name.value.trim();
    return post("api/correct", { track, segment, lang, before, ...change, ...(by === "" ? {} : { by }) });
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#editing) return this.#leave();
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "z";
    // In a field where something was typed the browser takes the typing back.
    const isTyping = event.target instanceof HTMLInputElement && event.target.value !== (event.target === this.#editing?.field ? this.#editing.before : "");
    if (!isUndo || isTyping || this.place.hidden) return;
    event.preventDefault();
    void this.#takeBack();
  }

  #tellUndo(): void {
    const last = this.#undo.last;
    this.#undoButton.disabled = last === undefined;
    this.#undoButton.title = last === undefined ? "" : `${last.after} → ${last.before}`;
  }
}

function fill(row: WordRow, { text: said, lang, by, speaker, track }: Editable): void {
  const words = wordsIn(said).map((it) => it.word);
  row.show(words.length > 0 ? words : ["(nothing)"], lang, `${speaker ?? track}: ${said}`);
  row.element.classList.toggle("changed", by !== null);
  row.element.title = by === null ? "" : `Corrected by ${by}`;
}

/** What is chosen in a field, without spaces around it, or else the word in which the cursor is: from where to where. */
function chosenWords({ value, selectionStart, selectionEnd }: HTMLInputElement): [number, number] {
  const [from, to] = [selectionStart ?? 0, selectionEnd ?? 0];
  const chosen = value.slice(from, to);
  if (chosen.trim() !== "") return [from + chosen.search(/\S/u), from + chosen.trimEnd().length];
  const here = wordsIn(value).find(({ word, at }) => at <= from && from <= at + word.length);
  return here ? [here.at, here.at + here.word.length] : [from, from];
}

/** What it says by now, where somebody else was faster. */
function changedTo(answer: Answer<unknown>): string | undefined {
  const body = "body" in answer ? (answer.body as { text?: unknown } | null) : undefined;
  return typeof body?.text === "string" ? body.text : undefined;
}

function notDone(answer: Answer<unknown>): string {
  if ("value" in answer) return "";
  return answer.status === "gone" ? "No answer came: it may have been done or not." : `It was not done: ${answer.why}`;
}
