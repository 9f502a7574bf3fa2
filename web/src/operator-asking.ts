// Asks again and again, one question at a time; whoever asks meanwhile is answered by a question that began after.

export class Asking {
  readonly #look: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #wait: () => number | undefined;
  #underWay = false;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `wait`: how long until the next question, in ms; undefined: until somebody asks. */
  constructor(look: () => Promise<void>, failed: (error: unknown) => void, wait: () => number | undefined) {
    this.#look = look;
    this.#failed = failed;
    this.#wait = wait;
  }

  /** Asks now, or as soon as the question that is under way is answered: that one may know nothing of what is new. */
  now(): void {
    if (this.#underWay) this.#again = true;
    else void this.#ask();
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#underWay = true;
    try {
      do {
        this.#again = false;
        await this.#look().catch(this.#failed);
      } while (this.#again);
    } finally {
      this.#underWay = false;
      const wait = this.#wait();
      if (wait !== undefined) this.#timer = setTimeout(() => this.now(), wait);
    }
  }
}
