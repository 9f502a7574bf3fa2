// What an operator does: pause and resume, clear, mark, end. Each reports its result.
import { element, setText, showText } from "./dom.ts";
import { writerName } from "./operator-format.ts";
import { post, type Answer, type Failure } from "./operator-server.ts";
import type { State } from "./operator-wire.ts";

/** Bytes of a mark's text, as the server takes them. */
const LONGEST_MARK = 1000;

export class Buttons {
  readonly #pause = element("pause", HTMLButtonElement);
  readonly #clear = element("clear", HTMLButtonElement);
  readonly #end = element("end", HTMLButtonElement);
  readonly #mark = element("mark", HTMLButtonElement);
  readonly #text = element("mark-text", HTMLInputElement);
  #paused = false;
  #confirming = false;

  /** `poll` reads the server's state at once. */
  constructor(private readonly poll: () => void) {
    this.#pause.addEventListener("click", () => void this.#togglePause());
    this.#clear.addEventListener("click", () => void this.#do(post("api/clear"), () => "Every screen was cleared."));
    element("marking").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#makeMark();
    });
    this.#end.addEventListener("click", () => this.#confirmEnd(true));
    element("end-not").addEventListener("click", () => this.#confirmEnd(false));
    element("sure").addEventListener("keydown", (event) => event.key === "Escape" && this.#confirmEnd(false));
    element("end-now").addEventListener("click", () => {
      this.#confirmEnd(false);
      void this.#do(post("api/end"), () => "The end was asked for: what is under way still comes out.");
    });
  }

  update(state: State): void {
    const why = whyOff(state);
    showText("why-off", why.all ?? why.some);
    this.#paused = state.paused;
    setText("pause", state.paused ? "Resume" : "Pause");
    this.#pause.dataset.paused = String(state.paused);
    for (const button of [this.#clear, this.#mark, this.#text]) button.disabled = why.all !== undefined;
    for (const button of [this.#pause, this.#end]) button.disabled = (why.all ?? why.some) !== undefined;
    if (this.#end.disabled) this.#confirmEnd(false);
  }

  /** Nothing can be done: the server is not there. */
  off(why: string): void {
    showText("why-off", why);
    for (const button of [this.#clear, this.#mark, this.#text, this.#pause, this.#end]) button.disabled = true;
    this.#confirmEnd(false);
  }

  async #togglePause(): Promise<void> {
    const resume = this.#paused;
    const said = resume ? "Resumed: captions go on." : "Paused: nothing that is said now is recognised or kept.";
    await this.#do(post(resume ? "api/resume" : "api/pause"), () => said);
  }

  async #makeMark(): Promise<void> {
    const text = this.#text.value.trim();
    if (new TextEncoder().encode(text).length > LONGEST_MARK) {
      setText("done", `A mark's text has at most ${LONGEST_MARK} bytes.`);
      return;
    }
    const done = await this.#do(post<{ seq: number }>("api/mark", { text }), ({ seq }) => `Marked, as number ${seq}.`);
    if (done) this.#text.value = "";
  }

  async #do<T>(request: Promise<Answer<T>>, done: (value: T) => string): Promise<boolean> {
    const answer = await request;
    const isDone = "value" in answer;
    setText("done", isDone ? done(answer.value) : failed(answer));
    this.poll();
    return isDone;
  }

  #confirmEnd(confirming: boolean): void {
    if (confirming === this.#confirming) return;
    this.#confirming = confirming;
    element("sure").hidden = !confirming;
    this.#end.setAttribute("aria-expanded", String(confirming));
    // The answer that does no harm has the focus.
    (confirming ? element("end-not") : this.#end).focus();
  }
}

/** Without an answer the request may have arrived all the same. */
function failed(answer: Failure): string {
  return answer.status === "gone" ? "No answer came: it may have been done or not." : `It was not done: ${answer.why}`;
}

/** Why all buttons are off, or those that need a running pipeline. */
function whyOff(state: State): { all?: string; some?: string } {
  if (state.node) return { all: `Looking only: this server delivers what another pipeline gives, ${writerName(state.node)}. It is operated there.` };
  if (!state.may_operate) {
    return { all: "Looking only. To operate, open the operator's link that livecap shows in its terminal; or set operator-token-env in the broadcast's table of the pipeline file, and enter that token here." };
  }
  if (state.stages.length === 0) return { some: "No pipeline stands behind this server: there is nothing to pause or to end." };
  return state.log.ended ? { some: "The pipeline has ended: there is nothing to pause or to end." } : {};
}
