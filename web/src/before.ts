// Before the first caption: what comes, and when, in the time zone of its reader.
import { element, showText, text } from "./dom.ts";
import type { EventPage } from "./event-page.ts";
import { locale, t } from "./texts.ts";

const MINUTE_MS = 60_000;
/** Before that the time of day says enough. */
const NEAR_MS = 90 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** When it starts, in words; `undefined` where it is not known, or over. `zone`: of the reader, where it is not the browser's. */
export function whenItStarts(starts: number | undefined, now: number, lang: string, zone?: string): string | undefined {
  if (starts === undefined || starts <= now) return undefined;
  const left = starts - now;
  // Far ahead the year matters, and close by how long it takes.
  const when = new Intl.DateTimeFormat(lang, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(left > 300 * DAY_MS ? { year: "numeric" } : {}),
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone: zone,
  }).format(starts);
  if (left > NEAR_MS) return when;
  const soon = new Intl.RelativeTimeFormat(lang, { numeric: "always" }).format(Math.ceil(left / MINUTE_MS), "minute");
  return `${when} (${soon})`;
}

/** Shows what is known of the event, or hides it. Returns whether it says when the event starts. */
export function showBefore(event: EventPage, shown: boolean, now: number): boolean {
  const when = whenItStarts(event.starts, now, locale());
  const place = element("before");
  place.hidden = !shown || (event.title ?? event.subtitle ?? event.welcome ?? when) === undefined;
  if (place.hidden) return false;
  showText("event-title", event.title);
  showText("event-subtitle", event.subtitle);
  showText("event-starts", when === undefined ? undefined : t("before.starts", { when }));
  const welcome = element("event-welcome");
  const words = event.welcome ?? "";
  if (welcome.dataset.of !== words) {
    welcome.dataset.of = words;
    welcome.replaceChildren(...words.split(/\n\s*\n/).filter((it) => it.trim() !== "").map((it) => text("p", it.trim())));
  }
  return when !== undefined;
}
