// When to ask next, and what an answer means.

import { jitter } from "./jitter.ts";

/** What the page knows of the server. */
export type Standing =
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
  /** Nobody may look from here, whatever they present. */
  | "closed";

const EVERY_MS = 500;
const HIDDEN_MS = 10_000;
const LONGEST_MS = 15_000;

/** How long to wait until the next question, in ms; `failures` in a row, `chance` from 0 to 1. Undefined: only a token helps, so none is asked. */
export function untilNext(standing: Standing, failures: number, hidden: boolean, chance: number): number | undefined {
  if (standing === "locked" || standing === "refused" || standing === "closed") return undefined;
  const backedOff = failures === 0 ? EVERY_MS : jitter(Math.min(LONGEST_MS, 1000 * 2 ** (failures - 1)), chance);
  return hidden ? Math.max(HIDDEN_MS, backedOff) : backedOff;
}

/** What the status of an answer says; undefined where it is as it should be. */
export function refusal(status: number, hasToken: boolean): Standing | undefined {
  if (status === 401) return hasToken ? "refused" : "locked";
  if (status === 403) return "closed";
  return 200 <= status && status < 300 ? undefined : "broken";
}

/** Whether a header can carry it: the server reads no other. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** How many points the plots keep, as `?points=` of the address says; 600 where it says nothing that makes sense. */
export function pointsIn(query: string): number {
  const asked = Number(new URLSearchParams(query).get("points"));
  return Number.isInteger(asked) && 2 <= asked && asked <= 10_000 ? asked : 600;
}
