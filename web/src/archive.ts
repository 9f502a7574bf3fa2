// The page of what was kept: a list of events, a search, and one event's transcript with its sound.
import { clock, readPlace, soundAt, writePlace, type Place } from "./archive-place.ts";
import { eventItem, facts, hitItem, passageItem } from "./archive-view.ts";
import { ask, Unauthorized, type Hit, type KeptEvent, type Passage, type Passages } from "./archive-wire.ts";
import { element, messageOf, option, setText, text } from "./dom.ts";
import { FORMATS, save } from "./download.ts";
import { nameOf } from "./languages.ts";
import { JOIN } from "./reader.ts";
import { read } from "./settings.ts";
import { storedSettings } from "./stored-settings.ts";
import { onTexts, t, useTexts } from "./texts.ts";
import { followToken, keepToken, takeToken } from "./token.ts";

/** Passages of one page, and the most that stay in the document: beyond that the other end goes. */
const PAGE = 100;
const MOST = 1000;
/** A moment is shown with what was said shortly before it. */
const BEFORE_S = 10;

const { values: settings } = read(JOIN, new URLSearchParams(), storedSettings());
Object.assign(document.documentElement.dataset, { colours: settings.colours, font: settings.font });
const view = element("view");
const sound = element("sound", HTMLAudioElement);
let token = takeToken();
let place = readPlace(new URLSearchParams(location.search));
let event: KeptEvent | undefined;
/** Grows with each view, so that an answer for an older one is not shown. */
let turn = 0;

useTexts(new URLSearchParams(location.search).get("ui") ?? settings.ui);
onTexts(() => void show());
followToken((given) => {
  token = given;
  void show();
});
window.addEventListener("popstate", () => {
  place = readPlace(new URLSearchParams(location.search));
  void show();
});
element("admission").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  token = element("token", HTMLInputElement).value.trim();
  keepToken(token);
  void show();
});
element("search").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const words = element("words", HTMLInputElement).value.trim();
  const here = place.event !== undefined && element("here", HTMLInputElement).checked;
  go({ event: here ? place.event : undefined, words: words || undefined, lang: here ? place.lang : undefined, speaker: here ? place.speaker : undefined });
});
for (const name of ["lang", "speaker"] as const) {
  element(name, HTMLSelectElement).addEventListener("change", (changed) => go({ ...place, moment: undefined, [name]: (changed.target as HTMLSelectElement).value || undefined }));
}
void show();

function go(to: Place): void {
  place = to;
  history.pushState(null, "", `archive${writePlace(to)}`);
  void show();
}

async function show(): Promise<void> {
  const mine = ++turn;
  const isNow = (): boolean => mine === turn;
  view.setAttribute("aria-busy", "true");
  try {
    const found = place.event === undefined ? undefined : await ask<KeptEvent>(`/${place.event}`, {}, token);
    if (!isNow()) return;
    event = found;
    offer();
    setText("status", "");
    view.replaceChildren();
    if (place.words) await showHits(isNow);
    else if (event) await showEvent(event, isNow);
    else await showEvents(isNow);
    if (isNow()) element("admission").hidden = true;
  } catch (error) {
    if (isNow()) fail(error);
  } finally {
    if (isNow()) view.removeAttribute("aria-busy");
  }
}

function fail(error: unknown): void {
  const asked = error instanceof Unauthorized;
  element("admission").hidden = !asked;
  setText("status", asked ? (token ? t("admission.refused") : t("archive.unauthorized")) : t("archive.failed", { error: messageOf(error) }));
}

/** The controls as the place says. */
function offer(): void {
  element("words", HTMLInputElement).value = place.words ?? "";
  element("here-label").hidden = !event;
  element("filters").hidden = !event;
  element("player").hidden = !event?.sounds?.some((it) => it.path !== null);
  if (!event) return void sound.removeAttribute("src");
  choices("lang", [["", t("archive.original")], ...event.languages.map((it): [string, string] => [it, nameOf(it)])], place.lang);
  choices("speaker", [["", t("archive.everyone")], ...event.speakers.map((it): [string, string] => [it, it])], place.speaker);
}

function choices(id: string, all: [string, string][], chosen: string | undefined): void {
  const select = element(id, HTMLSelectElement);
  select.replaceChildren(...all.map(([value, words]) => option(value, words)));
  select.value = chosen ?? "";
}

async function showEvents(isNow: () => boolean): Promise<void> {
  const list = document.createElement("ul");
  list.className = "events";
  view.replaceChildren(list);
  await more<{ events: KeptEvent[]; next: number | null }>(isNow, "", (next) => ({ before: next }), (page) => {
    list.append(...page.events.map((it) => eventItem(it, go)));
    if (list.childElementCount === 0) setText("status", t("archive.none"));
    return page.next;
  });
}

async function showHits(isNow: () => boolean): Promise<void> {
  const list = document.createElement("ul");
  list.className = "hits";
  view.replaceChildren(list);
  const { words, event: of, lang, speaker } = place;
  await more<{ hits: Hit[]; next: number | null }>(isNow, "/search", (after) => ({ words, event: of, lang, speaker, after }), (page) => {
    list.append(...page.hits.map((it) => hitItem(it, go)));
    setText("status", list.childElementCount === 0 ? t("archive.notfound") : "");
    return page.next;
  });
}

/** A page, and a button for the next one as long as there is one. */
async function more<T>(isNow: () => boolean, path: string, values: (next?: number) => Record<string, string | number | undefined>, add: (page: T) => number | null, from?: number): Promise<void> {
  const page = await ask<T>(path, values(from), token);
  if (!isNow()) return;
  const next = add(page);
  if (next === null) return;
  const button = text("button", t("archive.more"));
  button.addEventListener("click", () => {
    button.remove();
    more(isNow, path, values, add, next).catch(fail);
  });
  view.append(button);
}

async function showEvent(of: KeptEvent, isNow: () => boolean): Promise<void> {
  const { lang, speaker, moment } = place;
  const list = document.createElement("div");
  const [earlier, later] = [text("button", t("archive.earlier")), text("button", t("archive.more"))];
  const downloads = document.createElement("p");
  downloads.append(`${t("settings.download")}: `);
  for (const format of FORMATS) {
    const name = `${(of.title || "captions").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-")}${lang ? `.${lang}` : ""}.${format}`;
    const path = `api/archive/${of.id}/transcript.${format}${lang ? `?lang=${encodeURIComponent(lang)}` : ""}`;
    const link = text("a", format === "txt" ? t("settings.download.text") : format);
    link.href = path;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      save(path, name, token ?? "").catch(fail);
    });
    downloads.append(link, " ");
  }
  view.replaceChildren(text("h2", of.title || t("archive.untitled")), text("p", facts(of), "facts"), downloads, text("p", t("archive.keys"), "facts"), earlier, list, later);
  let previous: string | null = null;
  let next: string | null = null;
  let last: Passage | undefined;
  const items = (page: Passages): HTMLElement[] => page.passages.map((it, at) => passageItem(it, page.passages[at - 1] ?? last, play));
  const fetchPage = async (values: Record<string, string | number | undefined>): Promise<Passages | undefined> => {
    const page = await ask<Passages>(`/${of.id}/passages`, { lang, speaker, limit: PAGE, ...values }, token);
    return isNow() ? page : undefined;
  };
  const forth = async (after: string | number | undefined): Promise<void> => {
    const page = await fetchPage({ after });
    if (!page) return;
    list.append(...items(page));
    last = page.passages[page.passages.length - 1] ?? last;
    next = page.next;
    previous ??= list.childElementCount === page.passages.length ? page.previous : null;
    bound("first");
  };
  const back = async (before: string): Promise<void> => {
    const page = await fetchPage({ before });
    if (!page) return;
    const height = document.documentElement.scrollHeight;
    list.prepend(...items(page));
    // What is read stays where it is.
    window.scrollBy(0, document.documentElement.scrollHeight - height);
    previous = page.previous;
    bound("last");
  };
  /** Removes what is too much from one end; it is asked for again when somebody goes there. */
  const bound = (end: "first" | "last"): void => {
    while (list.childElementCount > MOST) {
      const gone = end === "first" ? list.firstElementChild : list.lastElementChild;
      gone?.remove();
      const edge = (end === "first" ? list.firstElementChild : list.lastElementChild) as HTMLElement;
      // A moment alone is before all that begins with it.
      if (end === "first") previous = edge.dataset.start ?? null;
      else next = edge.dataset.start ?? null;
    }
    earlier.hidden = previous === null;
    later.hidden = next === null;
  };
  earlier.addEventListener("click", () => previous !== null && back(previous).catch(fail));
  later.addEventListener("click", () => next !== null && forth(next).catch(fail));
  await forth(moment === undefined ? undefined : Math.max(0, moment - BEFORE_S));
  if (!isNow()) return;
  if (list.childElementCount === 0) setText("status", t("archive.notfound"));
  if (moment !== undefined) point(list, moment);
}

/** Shows the passage of a moment, and has its sound ready there. */
function point(list: HTMLElement, moment: number): void {
  const all = [...list.children] as HTMLElement[];
  const now = all.find((it) => Number(it.dataset.start) === moment) ?? all.filter((it) => Number(it.dataset.start) <= moment).pop() ?? all[0];
  if (!now) return;
  now.dataset.is = "now";
  now.scrollIntoView({ block: "center" });
  now.querySelector("button")?.focus({ preventScroll: true });
  cue(undefined, moment);
}

/** The sound at a moment of the timeline; whether there is any. */
function cue(track: string | undefined, moment: number): boolean {
  const at = soundAt(event?.sounds ?? [], track, moment);
  if (!at) return false;
  const address = new URL(at.path, document.baseURI).href;
  if (sound.src !== address) sound.src = address;
  sound.currentTime = at.second;
  return true;
}

/** A word or a time was chosen: it is played, and the address leads to it. */
function play(passage: Passage, moment: number): void {
  place = { ...place, moment };
  history.replaceState(null, "", `archive${writePlace(place)}`);
  for (const it of view.querySelectorAll<HTMLElement>('[data-is="now"]')) delete it.dataset.is;
  const now = [...view.querySelectorAll<HTMLElement>(".passage")].find((it) => it.dataset.start === String(passage.start));
  if (now) now.dataset.is = "now";
  if (!cue(passage.track, moment)) return setText("status", t("archive.nosound", { time: clock(moment) }));
  setText("status", "");
  sound.play().catch((error: unknown) => setText("status", t("archive.failed", { error: messageOf(error) })));
}
