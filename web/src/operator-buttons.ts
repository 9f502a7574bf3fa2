// What an operator does: pause and resume, clear, mark, end. Each says what has become of it.
import { writer } from "./operator-format.ts";
import { post, type Answer } from "./operator-server.ts";
import { element, say, tell } from "./operator-view.ts";
import type { State } from "./operator-wire.ts";

/** Bytes of a mark's text, as the server takes them. */
const LONGEST_MARK = 1000;

export class Buttons {
  readonly #pause = element<HTMLButtonElement>("pause");
  readonly #clear = element<HTMLButtonElement>("clear");
  readonly #end = element<HTMLButtonElement>("end");
  readonly #mark = element<HTMLButtonElement>("mark");
  readonly #text = element<HTMLInputElement>("mark-text");
  /** Asks how it is now, rather than in half a second. */
  readonly #look: () => void;
  #paused = false;
  #asking = false;

  constructor(look: () => void) {
    this.#look = look;
    this.#pause.addEventListener("click", () => void this.#turn());
    this.#clear.addEventListener("click", () => void this.#do(post("api/clear"), () => "Every screen was cleared."));
    element("marking").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#makeMark();
    });
    this.#end.addEventListener("click", () => this.#askOnceMore(true));
    element("end-not").addEventListener("click", () => this.#askOnceMore(false));
    element("sure").addEventListener("keydown", (event) => event.key === "Escape" && this.#askOnceMore(false));
    element("end-now").addEventListener("click", () => {
      this.#askOnceMore(false);
      void this.#do(post("api/end"), () => "The end was asked for: what is under way still comes out.");
    });
  }

  update(state: State): void {
    const why = whyOff(state);
    tell("why-off", why.all ?? why.some);
    this.#paused = state.paused;
    say("pause", state.paused ? "Resume" : "Pause");
    this.#pause.dataset.paused = String(state.paused);
    for (const button of [this.#clear, this.#mark, this.#text]) button.disabled = why.all !== undefined;
    for (const button of [this.#pause, this.#end]) button.disabled = (why.all ?? why.some) !== undefined;
    if (this.#end.disabled) this.#askOnceMore(false);
  }

  /** Nothing can be done: the server is not there. */
  off(why: string): void {
    tell("why-off", why);
    for (const button of [this.#clear, this.#mark, this.#text, this.#pause, this.#end]) button.disabled = true;
    this.#askOnceMore(false);
  }

  async #turn(): Promise<void> {
    const resume = this.#paused;
    const said = resume ? "Resumed: captions go on." : "Paused: nothing that is said now is recognised or kept.";
    await this.#do(post(resume ? "api/resume" : "api/pause"), () => said);
  }

  async #makeMark(): Promise<void> {
    const text = this.#text.value.trim();
    if (new TextEncoder().encode(text).length > LONGEST_MARK) {
      say("done", `A mark's text has at most ${LONGEST_MARK} bytes.`);
      return;
    }
    const done = await this.#do(post<{ seq: number }>("api/mark", { text }), ({ seq }) => `Marked, as number ${seq}.`);
    if (done) this.#text.value = "";
  }

  async #do<T>(asked: Promise<Answer<T>>, said: (of: T) => string): Promise<boolean> {
    const answer = await asked;
    const done = "of" in answer;
    say("done", done ? said(answer.of) : failed(answer));
    this.#look();
    return done;
  }

  #askOnceMore(asking: boolean): void {
    if (asking === this.#asking) return;
    this.#asking = asking;
    element("sure").hidden = !asking;
    this.#end.setAttribute("aria-expanded", String(asking));
    // Going on is the answer that costs nothing.
    (asking ? element("end-not") : this.#end).focus();
  }
}

/** What did not come back may have arrived all the same. */
function failed(answer: Exclude<Answer<unknown>, { of: unknown }>): string {
  return answer.standing === "gone" ? "No answer came: it may have been done or not." : `It was not done: ${answer.why}`;
}

/** Why all buttons are off, or those that need a running pipeline. */
function whyOff(state: State): { all?: string; some?: string } {
  if (state.node) return { all: `Looking only: this server delivers what another pipeline gives, ${writer(state.node)}. It is operated there.` };
  if (!state.may_operate) {
    return { all: "Looking only: this server has no operator's token. With operator-token-env in the broadcast's table of the pipeline file whoever presents it may operate from here." };
  }
  if (state.stages.length === 0) return { some: "No pipeline stands behind this server: there is nothing to pause or to end." };
  return state.log.ended ? { some: "The pipeline has ended: there is nothing to pause or to end." } : {};
}
