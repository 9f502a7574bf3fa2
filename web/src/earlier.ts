// Fetches rows that were removed from the page again, for a reader who scrolls back to the beginning.
import type { CaptionStore } from "./caption-store.ts";
import { fetchOk } from "./http.ts";
import { isCaption, isGap, isMark } from "./wire.ts";

/** So many numbers are asked for at once. */
const AT_ONCE = 200;
/** Translations have later numbers than their original. */
const BEYOND = 50;

/** `before`: rows below this number were removed. */
export async function fetchEarlier(store: CaptionStore, before: number, lang: string | undefined, token: string | undefined): Promise<void> {
  const from = Math.max(1, before - AT_ONCE);
  const stream = store.stream;
  const answer: unknown = await (await fetchOk(`api/transcript.json?from=${from}&to=${before + BEYOND}`, token)).json();
  const { stream: theirs, events } = (answer ?? {}) as { stream?: unknown; events?: unknown };
  // Meanwhile another run may have begun.
  if (theirs !== stream || store.stream !== stream || !Array.isArray(events)) return;
  for (const it of events as unknown[]) {
    const type = (it as { type?: unknown } | null)?.type;
    if (type === "caption" && isCaption(it) && (!it.of || it.lang === lang)) store.caption(it);
    if (type === "gap" && isGap(it)) store.gap(it);
    if (type === "mark" && isMark(it)) store.mark(it);
  }
  const first = (events as { seq?: unknown }[]).find((it) => typeof it?.seq === "number")?.seq as number | undefined;
  // Where the first event is later than what was asked for, the server keeps nothing before it.
  store.reachedBack(first === undefined || first > from ? 0 : from);
}
