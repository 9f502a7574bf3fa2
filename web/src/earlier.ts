// What has left the page, fetched again for who scrolls back to the beginning.
import { ask } from "./download.ts";
import type { Ledger } from "./ledger.ts";
import { isCaption, isGap, isMark } from "./wire.ts";

/** Numbers that are asked for at once. */
const AT_ONCE = 200;
/** What is said in another language has later numbers than its original. */
const BEYOND = 50;

/** `true`: something came, or there is nothing more. `before`: the number before which everything has left. */
export async function fetchEarlier(ledger: Ledger, before: number, lang: string | undefined, token: string | undefined): Promise<void> {
  const from = Math.max(1, before - AT_ONCE);
  const stream = ledger.stream;
  const answer: unknown = await (await ask(`api/transcript.json?from=${from}&to=${before + BEYOND}`, token)).json();
  const { stream: theirs, events } = (answer ?? {}) as { stream?: unknown; events?: unknown };
  // Meanwhile it may have become another one, of which these are no part.
  if (theirs !== stream || ledger.stream !== stream || !Array.isArray(events)) return;
  for (const it of events as unknown[]) {
    const type = (it as { type?: unknown } | null)?.type;
    if (type === "caption" && isCaption(it) && (!it.of || it.lang === lang)) ledger.caption(it);
    if (type === "gap" && isGap(it)) ledger.gap(it);
    if (type === "mark" && isMark(it)) ledger.mark(it);
  }
  const first = (events as { seq?: unknown }[]).find((it) => typeof it?.seq === "number")?.seq as number | undefined;
  // Where the oldest that is kept is younger than what was asked for, there is nothing before it.
  ledger.reachedBack(first === undefined || first > from ? 0 : from);
}
