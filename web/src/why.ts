// What a page says where there are no captions, or where something is wrong: decided without a page.
import { nameOf } from "./languages.ts";
import { listed, locale, t, type Key } from "./texts.ts";
import type { State } from "./wire.ts";

export type Status = "connecting" | "waiting" | "live" | "reconnecting" | "ended" | "full" | "unauthorized" | "guessed" | "foreign";

export interface Facts {
  status: Status;
  /** Unknown before the first `hello`. */
  tracks: number | undefined;
  /** Tracks that the reader wants and that are not there. */
  missing: readonly string[];
  /** A language that the reader wants and that nothing is said in, nor translated to. */
  unread?: string | undefined;
  state: State | undefined;
  /** For how long the loudest source has been below `SILENT_DB`, in ms; unknown where no level is reported. */
  silentFor: number | undefined;
}

export interface Message {
  text: string;
  /** It is shown also where there are captions. */
  isTrouble: boolean;
}

/** In dB of full scale: below any voice, and below the noise of a microphone that is on. */
export const SILENT_DB = -70;
/** In a quiet room a good microphone may be below that between two sentences. */
export const SILENT_MS = 5_000;

/** The status that is shown: a connection alone is not yet live. */
export type Shown = Status | "paused" | "soundless";

export function shownStatus(status: Status, state: State | undefined): Shown {
  if (status !== "live" || state === undefined) return status;
  if (state.paused) return "paused";
  const microphones = state.stages.filter((it) => it.kind === "microphone");
  const isMissing = microphones.length > 0 && microphones.every(isBroken);
  return isMissing ? "soundless" : "live";
}

export function label(status: Shown): string {
  return t(`status.${status}`);
}

export function why(facts: Facts): Message {
  switch (facts.status) {
    case "connecting":
    case "waiting":
    case "reconnecting":
    case "ended":
    case "unauthorized":
      return quiet(t(`why.${facts.status}`));
    case "full":
    case "guessed":
    case "foreign":
      return trouble(t(`why.${facts.status}`));
    case "live":
      return live(facts);
  }
}

const BROKEN: Record<string, Key> = { degraded: "why.stage.degraded", restarting: "why.stage.restarting", failed: "why.stage.failed" };

function live({ tracks, missing, unread, state, silentFor }: Facts): Message {
  const stages = state?.stages ?? [];
  const broken = stages.filter(isBroken);
  if (state?.paused) return trouble(t("why.paused"));
  if (broken.length > 0) return trouble(broken.map((it) => t(BROKEN[it.state]!, { name: it.name }) + (it.why ? `: ${it.why}` : "")).join(" · "));
  const starting = stages.filter((it) => it.state === "starting").map((it) => it.name);
  if (starting.length > 0) return trouble(t("why.starting", { count: starting.length, names: listed(starting) }));
  if (silentFor !== undefined && silentFor >= SILENT_MS) return trouble(t("why.silent"));
  if (missing.length > 0) return trouble(t("why.missing", { count: missing.length, names: listed(missing) }));
  if (unread !== undefined) return trouble(t("why.unread", { language: `${nameOf(unread)} (${unread})` }));
  if (tracks === 0) return quiet(t("why.unsent"));
  return quiet(t("why.listening"));
}

/** Since when it has been silent, after one more `state` that came at `now`; both in ms. */
export function silentSince(level: number | null | undefined, before: number | undefined, now: number): number | undefined {
  return typeof level === "number" && level < SILENT_DB ? (before ?? now) : undefined;
}

/** How far the captions are behind the speech, in tenths of a second: finer ones only flicker. */
export function behind(ms: number): string {
  const digits = ms < 9_950 ? 1 : 0;
  const seconds = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Math.max(ms, 50) / 1000);
  return t("page.lag", { seconds });
}

function isBroken({ state }: State["stages"][number]): boolean {
  return Object.hasOwn(BROKEN, state);
}

function quiet(text: string): Message {
  return { text, isTrouble: false };
}

function trouble(text: string): Message {
  return { text, isTrouble: true };
}
