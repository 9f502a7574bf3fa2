// Polls: asks again and again, one request at a time.

export class Poller {
  #isUnderWay = false;
  #isDue = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `wait`: how long until the next request, in ms; undefined: until `now` is called. */
  constructor(
    private readonly poll: () => Promise<void>,
    private readonly failed: (error: unknown) => void,
    private readonly wait: () => number | undefined,
  ) {}

  /** Polls now, or once more after the request that is under way: that one may have begun before the change. */
  now(): void {
    if (this.#isUnderWay) this.#isDue = true;
    else void this.#run();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#isUnderWay = true;
    try {
      do {
        this.#isDue = false;
        await this.poll().catch(this.failed);
      } while (this.#isDue);
    } finally {
      this.#isUnderWay = false;
      const wait = this.wait();
      if (wait !== undefined) this.#timer = setTimeout(() => this.now(), wait);
    }
  }
}
