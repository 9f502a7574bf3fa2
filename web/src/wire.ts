// What the server sends to a caption client, as written in docs/protocol.md, and checks of its shape.

export type Kind = "partial" | "final";
export type Why = "overload" | "device" | "source" | "network" | "paused" | "restart" | "fault" | "history";

export interface Track {
  name: string;
  /** Language of the original. */
  lang: string;
  /** Languages it is translated to. */
  langs: string[];
}

export interface Hello {
  v: number;
  /** Identifies one run of a pipeline. What was shown of another run is removed. */
  stream: string;
  started_at?: number;
  tracks: Track[];
  /** The number of the next numbered event. */
  next: number;
  /** For every reader, such as that this is the demo model. */
  notice?: string;
  /** What the pages say of the event; `event-page` checks it. */
  page?: unknown;
}

/** Milliseconds: `captured` is the server's Unix time, the others come after it. */
export interface At {
  captured: number;
  recognised?: number;
  translated?: number;
  published?: number;
}

export interface Caption {
  seq: number;
  track: string;
  segment: number;
  revision: number;
  kind: Kind;
  lang: string;
  /** Who speaks, where that is known. */
  speaker?: string;
  /** The whole text of the segment so far. */
  text: string;
  /** The beginning of `text` that will not change; partials only. */
  committed?: string;
  /** Seconds on the audio timeline. */
  start: number;
  end: number;
  /** Only translations have it. */
  of?: { lang: string; revision: number };
  /** Why there is no translation; `text` is empty then. */
  untranslated?: string;
  at?: At;
  /** Only in a transcript, where it was corrected: what it said at first, and who made it what it says. */
  original?: string;
  corrected?: { by: string; at: number };
}

/** A final has another text from now on. */
export interface Correction {
  seq: number;
  track: string;
  segment: number;
  lang: string;
  text: string;
  before: string;
  by: string;
  /** Unix time in ms. */
  at: number;
  /** Only those of translations have it: the language of the original. */
  of?: string;
  /** What was there before is not to be shown again. */
  masked?: boolean;
}

export interface Gap {
  seq: number | null;
  track: string | null;
  start: number | null;
  end: number | null;
  why: Why;
}

export interface Mark {
  seq: number;
  text: string;
  start: number;
}

export interface State {
  lag_ms: number | null;
  paused: boolean;
  /** `kind` as in the pipeline file: `microphone`. */
  stages: { name: string; kind?: string; state: string; why?: string }[];
  /** The loudest source in the last second, in dB of full scale; null before any sound, and where no source has a level. */
  level_db?: number | null;
}

/** In `live` and `end`: the number of the next numbered event. */
export interface Next {
  next: number;
}

// An open relay passes on what any client sends, under any name: so each event is checked before it is used.

export function isHello(it: unknown): it is Hello {
  return isRecord(it) && it.v === 1 && typeof it.stream === "string" && isNumber(it.next) && Array.isArray(it.tracks) && it.tracks.every(isTrack);
}

export function isCaption(it: unknown): it is Caption {
  return (
    isRecord(it) &&
    [it.seq, it.segment, it.revision, it.start, it.end].every(isNumber) &&
    [it.track, it.lang, it.text, it.speaker ?? ""].every((value) => typeof value === "string") &&
    (it.kind === "partial" || it.kind === "final")
  );
}

export function isCorrection(it: unknown): it is Correction {
  return (
    isRecord(it) &&
    [it.seq, it.segment, it.at].every(isNumber) &&
    [it.track, it.lang, it.text, it.before, it.by, it.of ?? ""].every((value) => typeof value === "string")
  );
}

export function isGap(it: unknown): it is Gap {
  return isRecord(it) && typeof it.why === "string" && [it.seq, it.start, it.end].every(isNumberOrAbsent);
}

export function isMark(it: unknown): it is Mark {
  return isRecord(it) && isNumber(it.seq) && isNumber(it.start) && typeof it.text === "string";
}

export function isNext(it: unknown): it is Next {
  return isRecord(it) && isNumber(it.next);
}

export function isState(it: unknown): it is State {
  return isRecord(it) && Array.isArray(it.stages) && it.stages.every((stage) => isRecord(stage) && typeof stage.name === "string");
}

function isTrack(it: unknown): it is Track {
  return isRecord(it) && typeof it.name === "string" && typeof it.lang === "string" && Array.isArray(it.langs);
}

function isRecord(it: unknown): it is Record<string, unknown> {
  return typeof it === "object" && it !== null;
}

function isNumber(it: unknown): it is number {
  return typeof it === "number" && Number.isFinite(it);
}

function isNumberOrAbsent(it: unknown): boolean {
  return it === null || it === undefined || isNumber(it);
}
