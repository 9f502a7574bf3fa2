// What a page says where there are no captions, or where something is wrong: decided without a page.
import { nameOf } from "./languages.ts";
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

export const LABELS: Record<Shown, string> = {
  connecting: "connecting…",
  waiting: "waiting…",
  live: "live",
  paused: "paused",
  soundless: "no microphone",
  reconnecting: "reconnecting…",
  ended: "ended",
  full: "full",
  unauthorized: "token needed",
  guessed: "wait",
  foreign: "not let in",
};

export function why(facts: Facts): Message {
  switch (facts.status) {
    case "connecting":
      return quiet("Connecting…");
    case "waiting":
      return quiet("Connected. The captions have not been started yet.");
    case "reconnecting":
      return quiet("The connection is lost. Trying again… What is said meanwhile will be shown.");
    case "ended":
      return quiet("The captions have ended.");
    case "full":
      return trouble("The server is full: it takes no more readers now. Trying again…");
    case "unauthorized":
      return quiet("These captions are for those who have a token.");
    case "guessed":
      return trouble("Too many wrong tokens came from this address. Trying again in a while…");
    case "foreign":
      return trouble("The server does not let pages from this address read. Whoever runs it can list the address in `origins`, or the proxy in `trusted-proxies`.");
    case "live":
      return live(facts);
  }
}

function live({ tracks, missing, unread, state, silentFor }: Facts): Message {
  const stages = state?.stages ?? [];
  const broken = stages.filter(isBroken);
  if (state?.paused) return trouble("Paused: what is said now is not captioned.");
  if (broken.length > 0) return trouble(broken.map((it) => `${it.name} ${it.state === "failed" ? "has failed" : `is ${it.state}`}${it.why ? `: ${it.why}` : ""}`).join(" · "));
  const starting = stages.filter((it) => it.state === "starting");
  if (starting.length > 0) return trouble(`Getting ready: ${starting.map((it) => it.name).join(", ")} ${starting.length > 1 ? "are" : "is"} starting. Loading a model may take a while.`);
  if (silentFor !== undefined && silentFor >= SILENT_MS) return trouble("The microphone is silent: no sound comes from it. Is it switched on, and the right one?");
  if (missing.length > 0) return trouble(`There is no track here called ${missing.join(", ")}: what is shown is what there is. Settings has the tracks to choose from.`);
  if (unread !== undefined) return trouble(`Nothing is said here in ${nameOf(unread)} (${unread}), and nothing is translated to it.`);
  if (tracks === 0) return quiet("Connected. This server has no pipeline of its own: captions appear when somebody sends some.");
  return quiet("Listening. Captions appear here as soon as somebody speaks.");
}

/** Since when it has been silent, after one more `state` that came at `now`; both in ms. */
export function silentSince(level: number | null | undefined, before: number | undefined, now: number): number | undefined {
  return typeof level === "number" && level < SILENT_DB ? (before ?? now) : undefined;
}

/** How far the captions are behind the speech, in tenths of a second: finer ones only flicker. */
export function behind(ms: number): string {
  return ms < 9_950 ? `${(Math.max(ms, 50) / 1000).toFixed(1)} s behind` : `${Math.round(ms / 1000)} s behind`;
}

function isBroken({ state }: State["stages"][number]): boolean {
  return ["degraded", "restarting", "failed"].includes(state);
}

function quiet(text: string): Message {
  return { text, isTrouble: false };
}

function trouble(text: string): Message {
  return { text, isTrouble: true };
}
