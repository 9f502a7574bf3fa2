// The viewer's token: from the address's fragment, which browsers do not send, or from a form. It is kept until the tab is closed.
import { stored } from "./storage.ts";

const STORED = stored("sessionStorage", "livecap.token");

/** The token in a fragment, and the fragment without it; `undefined` where there is none. */
export function inFragment(fragment: string): { token: string; rest: string } | undefined {
  const parts = fragment.replace(/^#/, "").split("&");
  const mine = parts.find((it) => it.startsWith("token="));
  if (mine === undefined) return undefined;
  const rest = parts.filter((it) => it !== mine && it !== "").join("&");
  return { token: decoded(mine.slice("token=".length)), rest: rest === "" ? "" : `#${rest}` };
}

/** Takes a token out of the address, so that it is not bookmarked, copied, or seen by others. */
export function takeFromAddress(): string | undefined {
  const found = inFragment(location.hash);
  if (found) history.replaceState(history.state, "", location.pathname + location.search + found.rest);
  return found?.token;
}

/** The token of the address, else the one that is kept. An empty one in the address removes that. */
export function takeToken(): string | undefined {
  const given = takeFromAddress();
  if (given === undefined) return STORED.read();
  keepToken(given);
  return given || undefined;
}

/** A link that differs in its fragment alone does not load the page again where it is open already. */
export function followToken(changed: (token: string | undefined) => void): void {
  window.addEventListener("hashchange", () => inFragment(location.hash) && changed(takeToken()));
}

export function keepToken(token: string): void {
  STORED.write(token || undefined);
}

function decoded(it: string): string {
  try {
    return decodeURIComponent(it);
  } catch {
    return it;
  }
}
