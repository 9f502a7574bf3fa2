// The box with the names and terms that a recogniser expects, which may be changed while it runs.
import { element, option, setText } from "./dom.ts";
import { post } from "./operator-server.ts";
import type { Stages } from "./operator-corrections.ts";

export class VocabularyBox {
  readonly #form = element("vocabulary", HTMLFormElement);
  readonly #track = element("vocabulary-track", HTMLSelectElement);
  readonly #text = element("vocabulary-text", HTMLTextAreaElement);
  #known: Stages["vocabularies"] = [];
  /** What the server had when the box was filled: nobody's typing is overwritten. */
  #filled: string | undefined;

  constructor() {
    this.#track.addEventListener("change", () => this.#fill());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  show(all: Stages["vocabularies"]): void {
    this.#form.hidden = all.length === 0;
    const names = all.map((it) => it.track);
    if (names.join("\n") !== this.#known.map((it) => it.track).join("\n")) this.#track.replaceChildren(...names.map((it) => option(it, it)));
    for (const it of [this.#track, this.#track.labels[0]!]) it.hidden = names.length < 2;
    this.#known = all;
    const isTyping = this.#filled !== undefined && this.#text.value !== this.#filled;
    if (!isTyping) this.#fill();
  }

  #fill(): void {
    const now = this.#known.find((it) => it.track === this.#track.value)?.text ?? "";
    this.#filled = now;
    if (this.#text.value !== now) this.#text.value = now;
  }

  async #save(): Promise<void> {
    const answer = await post("api/vocabulary", { track: this.#track.value, text: this.#text.value });
    if (!("value" in answer)) return setText("vocabulary-done", answer.status === "gone" ? "No answer came: it may have been done or not." : `It was not done: ${answer.why}`);
    this.#filled = this.#text.value;
    setText("vocabulary-done", "The recogniser expects these words from its next decode on, until livecap ends. For the next run set prompt in the pipeline file.");
  }
}
