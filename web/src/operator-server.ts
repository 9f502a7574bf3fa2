// Requests of the operator's page, each with the token, each with a time limit.
import { messageOf } from "./dom.ts";
import { request } from "./http.ts";
import { isToken, refusal, type Status } from "./operator-status.ts";
import { stored } from "./storage.ts";

const STORED = stored("sessionStorage", "livecap-operator-token");
const TIMEOUT_MS = 8000;

export interface Failure {
  status: Status;
  why: string;
  /** What the refusal says, where it is JSON. */
  body?: unknown;
}

export type Answer<T> = { value: T } | Failure;

/** Held here too: where the browser stores nothing, it lasts until the page is left. */
let held = STORED.read();
if (held !== undefined && !isToken(held)) held = undefined;

export function token(): string | undefined {
  return held;
}

export function keepToken(text: string | undefined): void {
  held = text;
  STORED.write(text);
}

export async function get<T>(path: string): Promise<Answer<T>> {
  const sent = held;
  const answer = await ask<T>(path, { method: "GET" });
  // A wrong token is not sent again. Meanwhile another one may have been entered.
  if ("status" in answer && answer.status === "refused" && held === sent) keepToken(undefined);
  return answer;
}

/** `body` as JSON; without one the answer may be empty. */
export function post<T>(path: string, body?: unknown): Promise<Answer<T>> {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  return ask(path, { method: "POST", ...json });
}

/** The answer is empty. */
export function remove(path: string): Promise<Answer<undefined>> {
  return ask(path, { method: "DELETE" });
}

async function ask<T>(path: string, options: Parameters<typeof request>[2]): Promise<Answer<T>> {
  const hasToken = held !== undefined;
  try {
    const answer = await request(path, held, { ...options, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await answer.text();
    const status = refusal(answer.status, hasToken);
    if (status !== undefined) return { status, why: errorIn(text) ?? `${answer.status} ${answer.statusText}`, body: bodyOf(text) };
    return { value: (text === "" ? undefined : JSON.parse(text)) as T };
  } catch (error) {
    // livecap answers with JSON.
    if (error instanceof SyntaxError) return { status: "broken", why: "it answers, but not as livecap does" };
    return { status: "gone", why: messageOf(error) };
  }
}

/** Refusals are JSON: `{ error }`. */
function errorIn(text: string): string | undefined {
  const answer = bodyOf(text) as { error?: unknown } | null | undefined;
  return typeof answer?.error === "string" ? answer.error : undefined;
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
