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
  /** Whether a translation is read. */
  translated?: boolean;
  state: State | undefined;
}

export interface Message {
  text: string;
  /** It is shown also where there are captions. */
  isTrouble: boolean;
  /** What an operator would want to know: for the console of the overlay, never for the screen. */
  detail?: string;
}

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

type Stage = State["stages"][number];

/** Stages that bring sound; `lines` brings captions where none of these is there, and otherwise writes them. */
const SOURCES: readonly (string | undefined)[] = ["microphone", "recording", "pcm", "command", "browser"];
/** What these do is no matter of readers. */
const ASIDE: readonly (string | undefined)[] = ["record", "subtitles"];

/** Readers are told what it means for them. Which stage it is, and why, stands on the operator's page. */
function live({ tracks, missing, unread, translated, state }: Facts): Message {
  const stages = mattering(state?.stages ?? []);
  const broken = stages.filter(isBroken);
  const translators = broken.filter((it) => it.kind === "translate");
  const others = broken.filter((it) => it.kind !== "translate");
  const detailed = (key: Key): Message => ({ ...trouble(t(key)), detail: broken.map(inDetail).join(" · ") });
  if (state?.paused) return trouble(t("why.paused"));
  if (others.some((it) => it.state === "failed")) return detailed("why.failed");
  if (others.some((it) => it.state === "restarting" || it.kind === undefined || SOURCES.includes(it.kind))) return detailed("why.stopped");
  if (others.length > 0) return detailed("why.late");
  if (stages.some((it) => it.state === "starting")) return quiet(t("why.waiting"));
  if (translated && translators.length > 0) return detailed("why.translation");
  if (missing.length > 0) return trouble(t("why.missing", { count: missing.length, names: listed(missing) }));
  if (unread !== undefined) return trouble(t("why.unread", { language: `${nameOf(unread)} (${unread})` }));
  if (tracks === 0) return quiet(t("why.unsent"));
  const sources = stages.filter((it) => SOURCES.includes(it.kind));
  const isWaiting = sources.length > 0 && sources.every((it) => it.kind === "browser") && state?.level_db === null;
  if (isWaiting) return quiet(t("why.speaker"));
  return quiet(t("why.listening"));
}

function mattering(stages: readonly Stage[]): Stage[] {
  const writesLines = stages.some((it) => SOURCES.includes(it.kind));
  return stages.filter((it) => !ASIDE.includes(it.kind) && !(writesLines && it.kind === "lines"));
}

function inDetail({ name, state, why }: Stage): string {
  return `${name} ${state === "failed" ? "has failed" : `is ${state}`}${why === undefined ? "" : `: ${why}`}`;
}

/** How far the captions are behind the speech, in tenths of a second: finer ones only flicker. */
export function behind(ms: number): string {
  const digits = ms < 9_950 ? 1 : 0;
  const seconds = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Math.max(ms, 50) / 1000);
  return t("page.lag", { seconds });
}

function isBroken({ state }: Stage): boolean {
  return ["degraded", "restarting", "failed"].includes(state);
}

function quiet(text: string): Message {
  return { text, isTrouble: false };
}

function trouble(text: string): Message {
  return { text, isTrouble: true };
}
