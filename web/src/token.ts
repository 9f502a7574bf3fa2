// The viewer's token: from the address's fragment, which is never sent, or from a form; kept as long as the tab is open.

const NAME = "livecap.token";

/** What the fragment says, and the fragment without it. `undefined`: it says nothing of a token. */
export function inFragment(fragment: string): { token: string; rest: string } | undefined {
  const parts = fragment.replace(/^#/, "").split("&");
  const mine = parts.find((it) => it.startsWith("token="));
  if (mine === undefined) return undefined;
  const rest = parts.filter((it) => it !== mine && it !== "").join("&");
  return { token: decoded(mine.slice("token=".length)), rest: rest === "" ? "" : `#${rest}` };
}

/** Takes it out of the address, so that it is neither bookmarked nor seen by who looks at the screen. */
export function takeToken(): string | undefined {
  const found = inFragment(location.hash);
  if (!found) return keptToken();
  history.replaceState(history.state, "", location.pathname + location.search + found.rest);
  keepToken(found.token);
  return found.token === "" ? undefined : found.token;
}

/** A link that differs in its fragment loads no page anew where the page is open already. */
export function followToken(came: (token: string | undefined) => void): void {
  window.addEventListener("hashchange", () => inFragment(location.hash) && came(takeToken()));
}

export function keepToken(token: string): void {
  try {
    if (token === "") sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, token);
  } catch {
    // Then it is asked for again.
  }
}

function keptToken(): string | undefined {
  try {
    return sessionStorage.getItem(NAME) ?? undefined;
  } catch {
    return undefined;
  }
}

function decoded(it: string): string {
  try {
    return decodeURIComponent(it);
  } catch {
    return it;
  }
}
