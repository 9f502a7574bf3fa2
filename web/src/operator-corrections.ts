// What an operator may correct, and what this operator has corrected: pure decisions behind the panel of captions.
import { changedPart } from "./words.ts";

/** A final, as `api/captions` tells it. */
export interface Editable {
  track: string;
  segment: number;
  lang: string;
  of: string | null;
  speaker: string | null;
  start: number;
  text: string;
  by: string | null;
}

/** What `api/captions` says beside the captions: which stages can be changed while they run. */
export interface Stages {
  rules: { track: string; lang: string | null; stage: string }[];
  vocabularies: { track: string; text: string }[];
  /** Null: captions are not held back. */
  hold_back_ms: number | null;
  held: HeldCaption[];
}

/** What readers do not see yet. */
export interface HeldCaption {
  track: string;
  segment: number;
  lang: string;
  /** Of a translation. */
  of_language: string | null;
  speaker: string | null;
  text: string;
  is_final: boolean;
  left_ms: number;
}

/** What was corrected, so that it can be taken back. */
export interface Done {
  caption: Pick<Editable, "track" | "segment" | "lang">;
  before: string;
  after: string;
}

/** So many corrections can be taken back. */
const MOST_UNDONE = 100;

export function isEditables(it: unknown): it is Stages & { captions: Editable[] } {
  const given = it as { captions?: unknown; rules?: unknown; vocabularies?: unknown; held?: unknown } | null;
  return Array.isArray(given?.rules) && Array.isArray(given.held) && Array.isArray(given.vocabularies) && Array.isArray(given.captions) && given.captions.every((it: Partial<Editable> | null) => typeof it?.text === "string" && typeof it.track === "string");
}

export function keyOf(it: Editable): string {
  return JSON.stringify([it.track, it.segment, it.lang, it.of !== null]);
}

export function heldKey(it: HeldCaption): string {
  return JSON.stringify([it.track, it.segment, it.of_language]);
}

/** The words of a text with where each begins, spaces left out. */
export function wordsIn(text: string): { word: string; at: number }[] {
  return [...text.matchAll(/\S+/gu)].map((it) => ({ word: it[0], at: it.index }));
}

/** The words that were replaced and those in their place; `undefined` where words were only added or taken away. */
export function pairOf(before: string, after: string): { from: string; to: string } | undefined {
  const [old, now] = [changedPart(after, before), changedPart(before, after)];
  if (!old || !now) return undefined;
  const bare = (text: string): string => text.replace(/^[\p{P}\s]+|[\p{P}\s]+$/gu, "");
  const [from, to] = [bare(before.slice(old.from, old.to)), bare(after.slice(now.from, now.to))];
  return from === "" || to === "" || from === to ? undefined : { from, to };
}

/** Why `replace` cannot always write it so; `undefined`: it can. */
export function whyNotAlways({ rules }: Stages, { track, lang, of }: Editable): string | undefined {
  const has = rules.some((it) => it.track === track && it.lang === (of === null ? null : lang));
  return has ? undefined : `The pipeline file has no replace stage for ${of === null ? track : `${track} in ${lang}`}.`;
}

/** What this operator has corrected, the newest last. */
export class Undo {
  readonly #done: Done[] = [];

  add(it: Done): void {
    this.#done.push(it);
    if (this.#done.length > MOST_UNDONE) this.#done.shift();
  }

  get last(): Done | undefined {
    return this.#done.at(-1);
  }

  /** It was taken back, or cannot be. */
  drop(): void {
    this.#done.pop();
  }
}
