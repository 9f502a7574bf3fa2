// What has left the page, fetched again for who scrolls back to the beginning.
import type { CaptionStore } from "./caption-store.ts";
import { fetchOk } from "./http.ts";
import { isCaption, isGap, isMark } from "./wire.ts";

/** Numbers that are asked for at once. */
const AT_ONCE = 200;
/** What is said in another language has later numbers than its original. */
const BEYOND = 50;

/** `true`: something came, or there is nothing more. `before`: the number before which everything has left. */
export async function fetchEarlier(store: CaptionStore, before: number, lang: string | undefined, token: string | undefined): Promise<void> {
  const from = Math.max(1, before - AT_ONCE);
  const stream = store.stream;
  const answer: unknown = await (await fetchOk(`api/transcript.json?from=${from}&to=${before + BEYOND}`, token)).json();
  const { stream: theirs, events } = (answer ?? {}) as { stream?: unknown; events?: unknown };
  // Meanwhile it may have become another one, of which these are no part.
  if (theirs !== stream || store.stream !== stream || !Array.isArray(events)) return;
  for (const it of events as unknown[]) {
    const type = (it as { type?: unknown } | null)?.type;
    if (type === "caption" && isCaption(it) && (!it.of || it.lang === lang)) store.caption(it);
    if (type === "gap" && isGap(it)) store.gap(it);
    if (type === "mark" && isMark(it)) store.mark(it);
  }
  const first = (events as { seq?: unknown }[]).find((it) => typeof it?.seq === "number")?.seq as number | undefined;
  // Where the oldest that is kept is younger than what was asked for, there is nothing before it.
  store.reachedBack(first === undefined || first > from ? 0 : from);
}
