// An estimate of the server's clock, which `at.captured` is in: the reader's own may be minutes off.

const KEPT = 8;

interface Sample {
  roundTrip: number;
  offset: number;
}

/** All times are Unix milliseconds. */
export class ServerClock {
  #samples: Sample[] = [];

  /** One request: when it was sent and answered by the reader's clock, and the server's time in the answer. */
  exchanged(sent: number, received: number, server: number): void {
    this.#samples.push({ roundTrip: received - sent, offset: server - (sent + received) / 2 });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  /** The error of an exchange is at most half its round trip, so the shortest of the last few is used. */
  get #offset(): number | undefined {
    return this.#samples.reduce<Sample | undefined>((best, it) => (best && best.roundTrip <= it.roundTrip ? best : it), undefined)?.offset;
  }

  /** How long ago the server's `captured` was, at `here`; unknown before the first exchange. */
  since(captured: number, here: number): number | undefined {
    const offset = this.#offset;
    return offset === undefined ? undefined : Math.max(0, here + offset - captured);
  }
}
