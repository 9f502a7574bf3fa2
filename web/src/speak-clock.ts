// The clocks of a speaker: when a sample was captured, by the page's clock, and how that differs from the server's. All times in ms.

const KEPT = 8;
/** The error of a clock that is not corrected for so long grows by this share of it: clocks drift. */
const DRIFT = 1 / 20_000;

interface Exchange {
  at: number;
  offset: number;
  error: number;
}

/** What has to be added to the page's clock to have the server's, as NTP finds it. */
export class Offset {
  #exchanges: Exchange[] = [];

  /** A question sent and answered at these times of the page's clock; `server`: the server's time in the answer. */
  exchanged(sent: number, received: number, server: number): void {
    if (received < sent) return;
    this.#exchanges.push({ at: received, offset: server - (sent + received) / 2, error: (received - sent) / 2 });
    if (this.#exchanges.length > KEPT) this.#exchanges.shift();
  }

  /** The exchange that is least wrong now. */
  best(now: number): { ms: number; error_ms: number } | undefined {
    const aged = this.#exchanges.map((it) => ({ ms: it.offset, error_ms: it.error + (now - it.at) * DRIFT }));
    return aged.reduce<(typeof aged)[0] | undefined>((best, it) => (best && best.error_ms <= it.error_ms ? best : it), undefined);
  }

  clear(): void {
    this.#exchanges = [];
  }
}

const SPAN_MS = 4_000;

/** When sound was captured: the device's clock counts samples, and the quickest arrivals of the last seconds tie it to the page's clock. */
export class CaptureClock {
  #since = 0;
  #before = Number.POSITIVE_INFINITY;
  #now = Number.POSITIVE_INFINITY;

  /** The capture time of what the device gave at `media` on its clock. `given`: what it had given in all when something `arrived`. */
  captured(media: number, given: number, arrived: number): number {
    if (arrived - this.#since >= SPAN_MS) {
      this.#before = this.#now;
      this.#now = Number.POSITIVE_INFINITY;
      this.#since = arrived;
    }
    this.#now = Math.min(this.#now, arrived - given);
    return media + Math.min(this.#before, this.#now);
  }

  /** The device began anew, or stood still. */
  clear(): void {
    [this.#since, this.#before, this.#now] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  }
}

/** A shorter one is a hiccup of the device's thread, after which all sound comes. */
export const HOLE_MS = 500;

/**
 * How much sound is missing between two pieces that follow each other, in ms; 0: none. `wall`: the time that passed on the system's clock, as
 * the device's thread read it; `arrivals`: on the clock of who received them, which nobody can set; `sound`: what the second one holds.
 */
export function hole(wall: number, arrivals: number, sound: number): number {
  // A system's clock may be set, and a receiver may be late: only both together mean that the device stood still.
  const missing = Math.min(wall, arrivals) - sound;
  return missing >= HOLE_MS ? missing : 0;
}
