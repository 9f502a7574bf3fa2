// Keeps the screen on while captions come, where the browser can: on https and on the machine itself.
import type { Status } from "./why.ts";

/** A connection that is away for longer than this may be gone for good. */
export const AWAY_MS = 60_000;

/** Whether captions come, or will as soon as a cut is over. `since`: for how long the status has been this, in ms. */
export function captionsCome(status: Status, since: number): boolean {
  return status === "live" || (status === "reconnecting" && since < AWAY_MS);
}

export function canStayAwake(): boolean {
  return "wakeLock" in navigator;
}

export class Awake {
  #lock: WakeLockSentinel | undefined;
  #isAsked = false;
  #wanted = false;
  #isOn = true;
  #status: Status = "connecting";
  #since = 0;
  #timer: number | undefined;

  /** `refused`: the browser does not keep the screen on now, for example because the battery is low. */
  constructor(private readonly refused: () => void = () => undefined) {
    // The browser releases the lock of a page that is hidden.
    document.addEventListener("visibilitychange", () => this.#update());
  }

  /** The reader's choice. */
  allow(isOn: boolean): void {
    this.#isOn = isOn;
    this.#update();
  }

  connectionIs(status: Status): void {
    if (status !== this.#status) this.#since = performance.now();
    this.#status = status;
    this.#update();
  }

  #update(): void {
    window.clearTimeout(this.#timer);
    const since = performance.now() - this.#since;
    const come = captionsCome(this.#status, since);
    if (come && this.#status !== "live") this.#timer = window.setTimeout(() => this.#update(), AWAY_MS - since);
    this.#wanted = this.#isOn && come;
    if (!this.#wanted) void this.#lock?.release();
    else if (!this.#lock && !document.hidden) void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsked || !canStayAwake()) return;
    this.#isAsked = true;
    try {
      const lock = await navigator.wakeLock.request("screen");
      this.#lock = lock;
      lock.addEventListener("release", () => (this.#lock = undefined));
      // Meanwhile it may no longer be wanted.
      if (!this.#wanted) await lock.release();
    } catch (error) {
      // The page works without.
      console.info("the screen is not kept on:", error);
      this.refused();
    } finally {
      this.#isAsked = false;
    }
  }
}
