// The page that people read: it wires the connection, the store, the reader's choices and what is seen of them.
import { Announcer } from "./announce.ts";
import { Connection } from "./connection.ts";
import { element, option, say, text } from "./dom.ts";
import { fetchEarlier } from "./earlier.ts";
import { StableHeight } from "./stable-height.ts";
import { Follow } from "./follow.ts";
import { rowsToShow } from "./gaps.ts";
import { forget, keep, kept } from "./stored-settings.ts";
import { action, type Action } from "./keys.ts";
import { languages, nameOf, readIn, unread } from "./languages.ts";
import { CaptionStore } from "./caption-store.ts";
import { followLifecycle } from "./lifecycle.ts";
import { dress } from "./appearance.ts";
import { Paints } from "./painted.ts";
import { Panel } from "./panel.ts";
import { COLOURS, OTHERS, READER, type Reader } from "./reader.ts";
import { RollUp } from "./roll-up.ts";
import { among, Rows, type Choice } from "./rows.ts";
import { read, withKept, withSetting } from "./settings.ts";
import { followToken, keepToken, takeToken } from "./token.ts";
import { behind, silentSince, sign, SIGNS, why, type Standing } from "./why.ts";
import type { Caption, Hello, State, Track } from "./wire.ts";

/** Rows that the page holds; more while somebody reads back. */
const ROWS = 500;
const ROWS_READ = 1_000;
/** The lag is of what was said just now: it is shown so often, and not for longer. */
const LAG_EVERY_MS = 1_000;
const LAG_FOR_MS = 15_000;

const page = document.documentElement;
const standing = element("standing", HTMLElement);
const lag = element("lag", HTMLElement);
const notice = element("notice", HTMLElement);
const trouble = element("trouble", HTMLElement);
const empty = element("empty", HTMLElement);
const choice = element("language", HTMLSelectElement);
const chooser = element("chooser", HTMLElement);
const scroller = element("scroller", HTMLElement);
const list = element("captions", HTMLElement);
const earlier = element("earlier", HTMLElement);
const admission = element("admission", HTMLFormElement);

const asked = read(READER, new URLSearchParams(location.search), kept(), OTHERS);
for (const complaint of asked.complaints) console.warn(complaint);
const settings: Reader = asked.values;
// What is remembered stands in the address too: who copies it shares what is seen.
history.replaceState(history.state, "", withKept(READER, new URL(location.href), kept(), settings));
let token = takeToken();
/** Unknown before the first `hello`. */
let tracks: readonly Track[] | undefined;
let chosen = choiceOf();

const store = new CaptionStore(ROWS);
const rows = new Rows(list);
const stableHeight = new StableHeight(list);
const announcer = new Announcer(element("spoken", HTMLElement));
const follow = new Follow(scroller, list, element("newest", HTMLButtonElement), (following) => {
  store.hold(following ? ROWS : ROWS_READ);
  repaint();
});
const rollUp = new RollUp(scroller, list);
const panel = new Panel(set, () => {
  forget();
  history.replaceState(null, "", location.pathname);
  Object.assign(settings, read(READER, new URLSearchParams()).values);
  reread();
});

let now: Standing = "connecting";
let ended = false;
let reported: State | undefined;
let silent: number | undefined;
let painting = false;
let live = false;
/** When the sound of the newest live caption was captured, by the server's clock. */
let captured: number | undefined;
let lagShown = 0;
/** Why the page wanted a token the last time: it has none, or a wrong one. */
let presented = token !== undefined;

const measure = new URLSearchParams(location.search).get("measure") ?? undefined;
const connection = new Connection(store, { standing: setStanding, hello, changed, state }, { lang: chosen.lang, tracks: chosen.tracks, token, past: true, measure });
const paints = measure !== undefined ? new Paints(connection.clock, connection.measure()) : undefined;

dress(page, settings);
follow.rest(settings.view === "lines");
panel.show(settings, chosen, token);
followLifecycle(connection);
followToken(present);
choice.addEventListener("change", () => set("lang", choice.value));
document.addEventListener("keydown", pressed);
admission.addEventListener("submit", admit);
element("fetch", HTMLButtonElement).addEventListener("click", () => void fetchOlder());
window.setInterval(forgetLag, LAG_EVERY_MS);
// Another width or another font sets all lines anew.
let width = 0;
new ResizeObserver(([it]) => it!.contentRect.width !== width && ((width = it!.contentRect.width), relaid())).observe(list);
document.fonts.addEventListener("loadingdone", relaid);

function choiceOf(): Choice {
  return { lang: readIn(settings.lang, tracks ?? []), both: settings.both, standIns: true, gaps: true, tracks: among(tracks ?? [], settings.tracks).there };
}

/** A choice of the reader: applied, written into the address, and remembered. */
function set(name: keyof Reader, value: unknown): void {
  const setting = READER[name];
  Object.assign(settings, { [name]: value });
  history.replaceState(null, "", withSetting(READER, new URL(location.href), name, value));
  const written = setting.write(value as never);
  keep(name, written === setting.write(setting.usual as never) ? undefined : written);
  reread();
}

function reread(): void {
  const before = chosen;
  chosen = choiceOf();
  wantAfter(before);
  dress(page, settings);
  follow.rest(settings.view === "lines");
  choice.value = chosen.lang ?? "";
  panel.show(settings, chosen, token);
  repaint();
  relaid();
}

/** What is chosen otherwise has to be sent anew. */
function wantAfter(before: Choice): void {
  if (before.lang === chosen.lang && before.tracks.join() === chosen.tracks.join()) return;
  announcer.silence();
  connection.want({ lang: chosen.lang, tracks: chosen.tracks });
}

function setStanding(to: Standing): void {
  // A server that goes away after the end of its pipeline leaves nothing to wait for.
  if (to === "live") ended = false;
  if (to === "ended") ended = true;
  now = ended && to !== "unauthorized" ? "ended" : to;
  showSign();
  if (now !== "live") lag.textContent = "";
  admission.hidden = now !== "unauthorized";
  if (now === "unauthorized") element("refused", HTMLElement).hidden = !presented;
  repaint();
}

function hello(it: Hello): void {
  // What stands between backticks can be typed.
  notice.replaceChildren(...(it.notice ?? "").split("`").map((part, at) => (at % 2 ? text("code", part) : part)));
  notice.hidden = !it.notice;
  tracks = it.tracks;
  const before = chosen;
  chosen = choiceOf();
  wantAfter(before);
  const offered = languages(it.tracks);
  // Who reads one that nobody gives any more has to find the way back.
  chooser.hidden = offered.length === 0 && chosen.lang === undefined;
  const originals = [...new Set(it.tracks.map((track) => track.lang))];
  choice.replaceChildren(option("", `Original (${originals.map(nameOf).join(", ")})`), ...offered.map((code) => option(code, nameOf(code))));
  if (chosen.lang !== undefined && !offered.includes(chosen.lang)) choice.append(option(chosen.lang, `${nameOf(chosen.lang)} (not offered)`));
  choice.value = chosen.lang ?? "";
  panel.offer(it.tracks);
  panel.show(settings, chosen, token);
}

function changed(caption: Caption | undefined, isLive: boolean, missed: boolean): void {
  live = isLive || (caption === undefined && live);
  if (caption && isLive) {
    if (caption.at && (caption.of ? caption.lang === chosen.lang : true)) captured = caption.at.captured;
    paints?.came(caption);
  }
  if (caption && (isLive || missed)) announcer.came(caption, store, chosen);
  repaint();
}

function showSign(): void {
  const shown = sign(now, reported);
  page.dataset.standing = shown;
  say(standing, SIGNS[shown]);
}

function state(it: State): void {
  reported = it;
  showSign();
  silent = silentSince(it.level_db, silent, performance.now());
  repaint();
}

/** At most once a frame, however many captions came. */
function repaint(): void {
  if (painting) return;
  painting = true;
  // A page in the background gets no frames, yet what waits there must not pile up unseen.
  if (document.hidden) window.setTimeout(paint, 0);
  else requestAnimationFrame(paint);
}

function paint(): void {
  painting = false;
  const told = why({ standing: now, tracks: tracks?.length, missing: among(tracks ?? [], settings.tracks).missing, unread: unread(chosen.lang, tracks ?? []), state: reported, silentFor: silent === undefined ? undefined : performance.now() - silent });
  const isEmpty = rowsToShow(store.rows, chosen).length === 0;
  stableHeight.around(() => rows.paint(store, chosen), live);
  earlier.hidden = store.before === undefined || settings.view === "lines";
  page.dataset.empty = isEmpty ? "yes" : "no";
  empty.hidden = !isEmpty;
  say(empty, told.words);
  trouble.hidden = isEmpty || !told.trouble;
  say(trouble, trouble.hidden ? "" : told.words);
  scrolled();
  showLag();
  paints?.drawn();
}

function scrolled(): void {
  if (settings.view === "lines") rollUp.grown(store, rows, live);
  else follow.grown();
}

function relaid(): void {
  stableHeight.reset();
  // What stood elsewhere was seen there: it is not rolled through once more.
  live = false;
  scrolled();
}

function showLag(): void {
  const ms = captured === undefined ? undefined : connection.clock.since(captured, Date.now());
  captured = undefined;
  if (ms === undefined || now !== "live") return;
  lag.dataset.ms = String(Math.round(ms));
  if (performance.now() - lagShown < LAG_EVERY_MS && lag.textContent !== "") return;
  lagShown = performance.now();
  say(lag, behind(ms));
}

function forgetLag(): void {
  if (performance.now() - lagShown > LAG_FOR_MS) say(lag, "");
}

async function fetchOlder(): Promise<void> {
  const before = store.before;
  if (before === undefined) return;
  const older = element("older", HTMLElement);
  store.hold(ROWS_READ);
  if (store.isFull) return say(older, "The page shows no more than this; all of it is in the downloads under Settings.");
  try {
    await fetchEarlier(store, before, chosen.lang, token);
  } catch (error) {
    say(older, `They could not be fetched: ${error instanceof Error ? error.message : String(error)}`);
  }
  repaint();
}

function admit(event: Event): void {
  event.preventDefault();
  const input = element("token", HTMLInputElement);
  const given = input.value.trim();
  input.value = "";
  keepToken(given);
  present(given);
}

function present(given: string | undefined): void {
  token = given;
  presented = given !== undefined;
  panel.show(settings, chosen, token);
  connection.want({ token });
}

function pressed(event: KeyboardEvent): void {
  const target = event.target;
  const inField = target instanceof HTMLElement && target.closest("input, select, textarea") !== null;
  const { key, ctrlKey, altKey, metaKey } = event;
  const wanted = action({ key, ctrlKey, altKey, metaKey, inField }, settings.keys);
  if (wanted === undefined || (wanted === "close" && !panel.isOpen)) return;
  event.preventDefault();
  act(wanted);
}

function act(wanted: Action): void {
  switch (wanted) {
    case "settings":
      return panel.toggle();
    case "help":
      return panel.help();
    case "close":
      return panel.toggle(false);
    case "view":
      return set("view", settings.view === "lines" ? "transcript" : "lines");
    case "larger":
      return set("size", Math.min(400, settings.size + 10));
    case "smaller":
      return set("size", Math.max(50, settings.size - 10));
    case "usual":
      return set("size", READER.size.usual);
    case "colours":
      return set("colours", COLOURS[(COLOURS.indexOf(settings.colours) + 1) % COLOURS.length]);
    case "original":
      return set("both", !settings.both);
    case "newest":
      return follow.toNewest();
    case "full":
      return void (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen()).catch(() => undefined);
  }
}
