// What a speaker is told of what is wrong: decided without a page.
import { SILENT_DB, SILENT_MS } from "./silence.ts";
import type { Standing } from "./speak-session.ts";
import type { Key, TextValues } from "./catalogue.ts";

/** Why a device could not be opened, or how it is. */
export type Device = "none" | "opening" | "open" | "insecure" | "unsupported" | "denied" | "missing" | "busy" | "gone" | "soundless" | { failed: string };

export interface Facts {
  device: Device;
  /** It is no microphone: a tab or the screen. */
  shared: boolean;
  muted: boolean;
  /** The system or a switch of the device has muted it. */
  switchedOff: boolean;
  /** The browser does not run the sound. */
  stopped: boolean;
  silent: boolean;
  clipped: boolean;
  /** What was missed while the page was hidden, in ms. */
  hiddenMs: number;
  standing: Standing | undefined;
}

export interface Told {
  key: Key;
  values?: TextValues;
}

/** The first of all that is wrong: what stops everything comes before what only spoils it. */
export function trouble(facts: Facts): Told | undefined {
  const { device, standing } = facts;
  if (typeof device === "object") return { key: "speak.wrong.failed", values: { why: device.failed } };
  const wrong: Partial<Record<typeof device, Key>> = {
    insecure: "speak.wrong.insecure",
    unsupported: "speak.wrong.unsupported",
    denied: "speak.wrong.denied",
    missing: "speak.wrong.missing",
    busy: "speak.wrong.busy",
    gone: "speak.wrong.gone",
    soundless: "speak.wrong.soundless",
  };
  const key = wrong[device];
  if (key !== undefined) return { key };
  return refusal(standing) ?? (device === "open" ? ofSound(facts) : undefined);
}

function refusal(standing: Standing | undefined): Told | undefined {
  if (standing?.refused) {
    const { code, message } = standing.refused;
    const known: Record<string, Key> = {
      token: "speak.refused.token",
      full: "speak.refused.full",
      stage: "speak.refused.stage",
      revoked: "speak.refused.revoked",
      replaced: "speak.refused.replaced",
      ended: "why.ended",
      "too-many": "why.guessed",
    };
    const key = Object.hasOwn(known, code) ? known[code]! : undefined;
    return key ? { key } : { key: "speak.refused.other", values: { why: message } };
  }
  if (standing?.phase === "waiting") return { key: standing.wasLive ? "speak.wrong.cut" : "speak.wrong.away" };
  return undefined;
}

function ofSound(facts: Facts): Told | undefined {
  if (facts.stopped) return { key: "speak.wrong.stopped" };
  if (facts.switchedOff) return { key: "speak.wrong.off" };
  if (facts.muted) return undefined;
  if (facts.standing?.state === "paused") return { key: "why.paused" };
  if (facts.silent && !facts.shared) return { key: "speak.wrong.silent" };
  if (facts.clipped) return { key: "speak.wrong.clipped" };
  if (facts.hiddenMs > 0) return { key: "speak.wrong.hidden", values: { seconds: Math.ceil(facts.hiddenMs / 1000) } };
  return undefined;
}

/** The status in a word or two. */
export function status(facts: Pick<Facts, "device" | "muted" | "standing">): Key {
  const { standing, muted } = facts;
  if (standing === undefined || standing.phase === "off") return facts.device === "opening" ? "speak.status.asking" : "speak.status.off";
  if (standing.phase === "connecting") return standing.wasLive ? "status.reconnecting" : "status.connecting";
  if (standing.phase === "waiting") return standing.refused?.code === "full" ? "status.full" : "status.reconnecting";
  if (standing.phase === "refused") return standing.refused?.code === "ended" ? "status.ended" : "status.foreign";
  if (muted) return "speak.status.muted";
  if (standing.state === "paused") return "status.paused";
  return standing.state === "waiting" ? "speak.status.queued" : "status.live";
}

/** What `getUserMedia` and `getDisplayMedia` fail with. */
export function deviceAfter(error: unknown): Device {
  const { name, message } = error as { name?: string; message?: string };
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return { failed: message ?? String(error) };
}

/** Levels over time: whether it is silent, or clips. Times in ms. */
export class Hearing {
  #quietSince: number | undefined;
  #clippedAt = Number.NEGATIVE_INFINITY;
  #clips = 0;

  /** `peak`: from 0 to 1, of a tenth of a second; `clipped`: samples. */
  heard(peak: number, clipped: number, now: number): void {
    const db = decibels(peak);
    this.#quietSince = db < SILENT_DB ? (this.#quietSince ?? now) : undefined;
    // A single click is no reason to say something.
    if (now - this.#clippedAt > CLIPS_MS) this.#clips = 0;
    if (clipped > 0) [this.#clips, this.#clippedAt] = [this.#clips + 1, now];
  }

  isSilent(now: number): boolean {
    return this.#quietSince !== undefined && now - this.#quietSince >= SILENT_MS;
  }

  isClipped(now: number): boolean {
    return this.#clips >= 3 && now - this.#clippedAt <= CLIPS_MS;
  }

  clear(): void {
    [this.#quietSince, this.#clips, this.#clippedAt] = [undefined, 0, Number.NEGATIVE_INFINITY];
  }
}

const CLIPS_MS = 3_000;

/** Of full scale. */
export function decibels(peak: number): number {
  return peak <= 0 ? Number.NEGATIVE_INFINITY : 20 * Math.log10(peak);
}
