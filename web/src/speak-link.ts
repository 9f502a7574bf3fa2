// The link of a speaker: its token, stage and name are in the fragment, which browsers do not send. They are kept until the tab is closed.
import { stored } from "./storage.ts";

export interface Link {
  token?: string;
  stage?: string;
  name?: string;
}

/** What a page that is loaded anew goes on with. */
export interface Held extends Link {
  session?: string;
  /** It was on. */
  speaking?: boolean;
  muted?: boolean;
  /** On the system's clock, in ms: when it was left. */
  left?: number;
}

const NAMES = ["token", "stage", "name"] as const;
/** A session can be resumed for a minute. */
const RESUMED_MS = 60_000;

/** What a fragment says; undefined where it is no link. */
export function linkIn(fragment: string): Link | undefined {
  // As in every other link of the pages a `+` is a `+`.
  const given = new Map(fragment.replace(/^#/, "").split("&").map((it) => [it.split("=", 1)[0]!, it.slice(it.indexOf("=") + 1)] as const));
  const known = NAMES.filter((it) => given.has(it));
  return known.length === 0 ? undefined : Object.fromEntries(known.map((it) => [it, decoded(given.get(it)!).slice(0, 500)]));
}

/** The address for a speaker. `page`: of the page that it is made on. */
export function linkFor(page: string, link: Link): string {
  const parts = NAMES.filter((it) => link[it]).map((it) => `${it}=${encodeURIComponent(link[it]!)}`);
  return `${new URL("speak", page).href}#${parts.join("&")}`;
}

/** What is gone on with after the page was loaded anew at `now`. */
export function heldAt(stored: string | undefined, now: number): Held {
  try {
    const it = JSON.parse(stored ?? "{}") as Held;
    const isFresh = typeof it.left === "number" && now - it.left < RESUMED_MS && now >= it.left;
    const { token, stage, name, session, speaking, muted, left } = it;
    const link: Link = { ...(token ? { token } : {}), ...(stage ? { stage } : {}), ...(name ? { name } : {}) };
    return isFresh && speaking ? { ...link, ...(session ? { session } : {}), speaking, muted: muted === true, left: left! } : link;
  } catch {
    return {};
  }
}

const STORED = stored("sessionStorage", "livecap.speak");

/** Takes the link out of the address, else what is kept. */
export function takeLink(): Held {
  const given = linkIn(location.hash);
  if (given === undefined) return heldAt(STORED.read(), Date.now());
  history.replaceState(history.state, "", location.pathname + location.search);
  hold(given);
  return given;
}

export function hold(it: Held): void {
  STORED.write(JSON.stringify(it));
}

function decoded(it: string): string {
  try {
    return decodeURIComponent(it);
  } catch {
    return it;
  }
}
