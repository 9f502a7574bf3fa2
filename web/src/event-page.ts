// What the page says of the event: its title, its logo, its colour. It stands in the document, and comes again with each `hello`.
import { pair } from "./contrast.ts";
import { t } from "./texts.ts";

export interface EventPage {
  title?: string;
  subtitle?: string;
  welcome?: string;
  /** Unix time in ms. */
  starts?: number;
  /** The path of its picture. */
  logo?: string;
  /** `#rrggbb` */
  accent?: string;
}

/** What of it has the right shape. */
export function eventPage(it: unknown): EventPage {
  if (typeof it !== "object" || it === null) return {};
  const given = it as Record<string, unknown>;
  const page: EventPage = {};
  for (const key of ["title", "subtitle", "welcome"] as const) {
    const value = given[key];
    if (typeof value === "string" && value.trim() !== "") page[key] = value;
  }
  if (typeof given.starts === "number" && Number.isFinite(given.starts)) page.starts = given.starts;
  // A node of a cluster has no logo, and nobody's is on another server.
  if (given.logo === "logo") page.logo = given.logo;
  if (typeof given.accent === "string" && /^#[0-9a-f]{6}$/.test(given.accent)) page.accent = given.accent;
  return page;
}

/** As the server has put it into the document. */
export function inDocument(): EventPage {
  const content = document.querySelector<HTMLMetaElement>('meta[name="livecap-page"]')?.content;
  if (content === undefined) return {};
  try {
    return eventPage(JSON.parse(content));
  } catch {
    return {};
  }
}

/** Puts its title, its logo and its colour on the page. */
export function showEvent({ title, logo, accent }: EventPage): void {
  for (const it of [document.querySelector("title"), document.querySelector<HTMLElement>("h1")]) {
    if (!it) continue;
    // Without one of its own the page has its usual title, in the page's language.
    if (title === undefined) it.setAttribute("data-text", "page.title");
    else it.removeAttribute("data-text");
    const words = title ?? t("page.title");
    if (it.textContent !== words) it.textContent = words;
  }
  const page = document.documentElement;
  page.dataset.event = title === undefined ? "no" : "yes";
  for (const it of document.querySelectorAll<HTMLImageElement>("img[data-logo]")) {
    it.hidden = logo === undefined;
    if (logo !== undefined && it.getAttribute("src") !== logo) it.src = logo;
  }
  const [light, dark] = accent === undefined ? ["", ""] : pair(accent);
  page.style.setProperty("--event-light", light);
  page.style.setProperty("--event-dark", dark);
}
