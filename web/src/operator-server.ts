// Questions to the server, each with the token, each with an end.
import { isToken, refusal, type Standing } from "./operator-poll.ts";

const TOKEN = "livecap-operator-token";
const LONGEST_MS = 8000;

export type Answer<T> = { of: T } | { standing: Standing; why: string };

/** Held here too: where the browser keeps nothing, it is good until the page is left. */
let held = kept();

export function token(): string | undefined {
  return held;
}

export function keepToken(text: string | undefined): void {
  held = text;
  try {
    if (text === undefined) sessionStorage.removeItem(TOKEN);
    else sessionStorage.setItem(TOKEN, text);
  } catch {
    // Then it is asked for again.
  }
}

function kept(): string | undefined {
  try {
    const text = sessionStorage.getItem(TOKEN) ?? "";
    return isToken(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

export async function get<T>(path: string): Promise<Answer<T>> {
  const sent = token();
  const answer = await ask<T>(path, "GET");
  // A wrong one is not sent again. One that was entered meanwhile is another.
  if ("standing" in answer && answer.standing === "refused" && token() === sent) keepToken(undefined);
  return answer;
}

/** `body` as JSON; without one the answer may be empty. */
export async function post<T>(path: string, body?: unknown): Promise<Answer<T>> {
  return ask(path, "POST", body);
}

async function ask<T>(path: string, method: string, body?: unknown): Promise<Answer<T>> {
  const secret = token();
  const headers: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  const asked: RequestInit = { method, headers, cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) };
  try {
    const answer = await fetch(path, body === undefined ? asked : { ...asked, body: JSON.stringify(body) });
    const text = await answer.text();
    const standing = refusal(answer.status, secret !== undefined);
    if (standing !== undefined) return { standing, why: told(text) ?? `${answer.status} ${answer.statusText}` };
    return { of: (text === "" ? undefined : JSON.parse(text)) as T };
  } catch (error) {
    // An answer that is no JSON is none of livecap's.
    if (error instanceof SyntaxError) return { standing: "broken", why: "it answers, but not as livecap does" };
    return { standing: "gone", why: String(error) };
  }
}

/** What is refused is told as `{ error }`. */
function told(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as { error?: unknown };
    return typeof answer.error === "string" ? answer.error : undefined;
  } catch {
    return undefined;
  }
}
