// When to poll next, and what an answer means.
import { jitter } from "./jitter.ts";

/** What the page knows of the server. */
export type Status =
  | "connecting"
  | "live"
  /** Nothing answers. */
  | "gone"
  /** It answers, but not as it should. */
  | "broken"
  /** A token is asked for, and none was given. */
  | "locked"
  /** The token that was given is not the operator's. */
  | "refused"
  /** No request from here is allowed, with any token. */
  | "closed";

const EVERY_MS = 500;
const HIDDEN_MS = 10_000;
const LONGEST_MS = 15_000;

/** How long to wait until the next request, in ms; `failures` in a row, `chance` from 0 to 1. Undefined: only a token helps, so there is none. */
export function untilNext(status: Status, failures: number, hidden: boolean, chance: number): number | undefined {
  if (status === "locked" || status === "refused" || status === "closed") return undefined;
  const backedOff = failures === 0 ? EVERY_MS : jitter(Math.min(LONGEST_MS, 1000 * 2 ** (failures - 1)), chance);
  return hidden ? Math.max(HIDDEN_MS, backedOff) : backedOff;
}

/** What the HTTP status of an answer means; undefined: success. */
export function refusal(status: number, hasToken: boolean): Status | undefined {
  if (status === 401) return hasToken ? "refused" : "locked";
  if (status === 403) return "closed";
  return 200 <= status && status < 300 ? undefined : "broken";
}

/** Whether it can be sent in a header. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** How many points the plots keep, by `?points=` in the address; 600 where that is absent or invalid. */
export function pointsIn(query: string): number {
  const asked = Number(new URLSearchParams(query).get("points"));
  return Number.isInteger(asked) && 2 <= asked && asked <= 10_000 ? asked : 600;
}
