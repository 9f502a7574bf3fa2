// The page that people read: connects the server, the store, the reader's settings and the view.
import { Announcer } from "./announce.ts";
import { applyReader } from "./appearance.ts";
import { Awake, canStayAwake } from "./awake.ts";
import { showBefore } from "./before.ts";
import { CaptionStore } from "./caption-store.ts";
import { Chooser } from "./chooser.ts";
import { Connection } from "./connection.ts";
import { element, oncePerFrame, setText, showText } from "./dom.ts";
import { fetchEarlier } from "./earlier.ts";
import { eventPage, inDocument, showEvent } from "./event-page.ts";
import { Follow } from "./follow.ts";
import { rowsToShow } from "./gaps.ts";
import { Invitation } from "./invitation.ts";
import { followKeys, type Action } from "./keys.ts";
import { readIn } from "./languages.ts";
import { followLifecycle } from "./lifecycle.ts";
import { noticeNodes } from "./notices.ts";
import { PaintTimer } from "./painted.ts";
import { Panel } from "./panel.ts";
import { COLOURS, OTHERS, READER, type Reader } from "./reader.ts";
import { RollUp } from "./roll-up.ts";
import { among, Rows, type Choice } from "./rows.ts";
import { ServerStatus } from "./server-status.ts";
import { SearchPanel } from "./search-panel.ts";
import { read, withSetting, withStored } from "./settings.ts";
import { StableHeight } from "./stable-height.ts";
import { forgetSettings, storedSettings, storeSetting } from "./stored-settings.ts";
import { onTexts, t, useTexts } from "./texts.ts";
import { followToken, keepToken, takeToken } from "./token.ts";
import { behind, label, shownStatus, type Status } from "./why.ts";
import type { Caption, Correction, Hello, State } from "./wire.ts";

/** Rows that the page holds; more while somebody reads back. */
const ROWS = 500;
const ROWS_READ = 1_000;
/** How often the lag is shown anew, and for how long after the last caption. */
const LAG_EVERY_MS = 1_000;
const LAG_FOR_MS = 15_000;
/** How often it is shown anew when the event starts. */
const STARTS_EVERY_MS = 5_000;

const page = document.documentElement;
const lag = element("lag");
const notice = element("notice");
const scroller = element("scroller");
const list = element("captions");
const earlier = element("earlier");
const admission = element("admission", HTMLFormElement);

const { values, complaints } = read(READER, new URLSearchParams(location.search), storedSettings(), OTHERS);
for (const complaint of complaints) console.warn(complaint);
const settings: Reader = values;
// Stored settings are written into the address too: whoever copies it shares what is seen.
history.replaceState(history.state, "", withStored(READER, new URL(location.href), storedSettings(), settings));
let event = inDocument();
showEvent(event);
useTexts(settings.ui);
/** A caption was shown: the event has begun. */
let begun = false;
let noticed = "";
let token = takeToken();
const server = new ServerStatus();
let chosen = choiceOf();

const store = new CaptionStore(ROWS);
const rows = new Rows(list);
const stableHeight = new StableHeight(list);
const chooser = new Chooser((lang) => set("lang", lang));
const awake = new Awake();
const invitation = new Invitation();
const announcer = new Announcer(element("spoken"));
const follow = new Follow(scroller, list, element("newest", HTMLButtonElement), (following) => {
  store.hold(following ? ROWS : ROWS_READ);
  repaint();
});
/** The last lines were read before the search, which needs the whole transcript. */
let hadLines = false;
const search = new SearchPanel(list, scroller, follow, (open) => {
  if (open) hadLines = settings.view === "lines";
  if (hadLines) set("view", open ? "transcript" : "lines");
});
const rollUp = new RollUp(scroller, list);
const panel = new Panel(set, () => {
  forgetSettings();
  history.replaceState(null, "", location.pathname);
  Object.assign(settings, read(READER, new URLSearchParams()).values);
  applySettings();
});

const repaint = oncePerFrame(paint);
/** The newest change of the store came from something that was just said. */
let live = false;
/** When the sound of the newest live caption was captured, by the server's clock. */
let captured: number | undefined;
let lagShown = 0;
/** A token was given: where one is asked for now, it was wrong. */
let presented = token !== undefined;

const measure = new URLSearchParams(location.search).get("measure") ?? undefined;
const connection = new Connection(store, { status: setStatus, hello, changed, state, corrected }, { lang: chosen.lang, tracks: chosen.tracks, token, past: true, measure });
const paintTimer = measure !== undefined ? new PaintTimer(connection.clock, connection.measure()) : undefined;

applyReader(page, settings);
follow.pause(settings.view === "lines");
panel.name(event.title);
panel.show(settings, chosen, token);
onTexts(retell);
element("find", HTMLButtonElement).addEventListener("click", () => {
  panel.toggle(false);
  search.open();
});
element("newest").addEventListener("click", () => search.close());
element("invite", HTMLButtonElement).addEventListener("click", () => act("join"));
// How long it takes until the event starts.
window.setInterval(repaint, STARTS_EVERY_MS);
followLifecycle(connection);
followToken(present);
awake.allow(settings.awake);
element("keepon").hidden = !canStayAwake();
for (const size of ["larger", "smaller"] as const) element(size, HTMLButtonElement).addEventListener("click", () => act(size));
followKeys(() => settings.keys, (wanted) => {
  if (wanted === "close" && !panel.isOpen && !search.isOpen) return false;
  act(wanted);
  return true;
});
admission.addEventListener("submit", admit);
element("fetch", HTMLButtonElement).addEventListener("click", () => void fetchOlder());
window.setInterval(forgetLag, LAG_EVERY_MS);
// Another width or another font breaks all lines anew.
let width = 0;
new ResizeObserver(([it]) => it!.contentRect.width !== width && ((width = it!.contentRect.width), relaid())).observe(list);
document.fonts.addEventListener("loadingdone", relaid);

function choiceOf(): Choice {
  const tracks = server.tracks ?? [];
  const lang = readIn(settings.lang, tracks);
  const isWhole = settings.view === "transcript";
  // Originals beside their translations stand sentence by sentence.
  const flows = isWhole && !(settings.both && lang !== undefined);
  const { both, speakers, names } = settings;
  return { lang, both, standIns: true, gaps: true, flows, times: isWhole && settings.times, tracks: among(tracks, settings.tracks).there, speakers, names };
}

/** A choice of the reader: applied, written into the address, and stored. */
function set(name: keyof Reader, value: unknown): void {
  const setting = READER[name];
  Object.assign(settings, { [name]: value });
  history.replaceState(null, "", withSetting(READER, new URL(location.href), name, value));
  const written = setting.write(value as never);
  // Without the line a page that is opened again would have no settings to be touched.
  if (name !== "bar") storeSetting(name, written === setting.write(setting.default as never) ? undefined : written);
  applySettings();
}

function applySettings(): void {
  useTexts(settings.ui);
  awake.allow(settings.awake);
  choose();
  applyReader(page, settings);
  follow.pause(settings.view === "lines");
  chooser.show(chosen.lang);
  panel.show(settings, chosen, token);
  repaint();
  relaid();
}

/** Subscribes anew where another language or other tracks are read now. */
function choose(): void {
  const before = chosen;
  chosen = choiceOf();
  if (before.lang === chosen.lang && before.tracks.join() === chosen.tracks.join()) return;
  announcer.clear();
  connection.subscribe({ lang: chosen.lang, tracks: chosen.tracks });
}

function setStatus(to: Status): void {
  server.connectionIs(to);
  awake.connectionIs(server.connection);
  showStatus();
  if (server.connection !== "live") lag.textContent = "";
  admission.hidden = server.connection !== "unauthorized";
  if (!admission.hidden) element("refused").hidden = !presented;
  repaint();
}

function hello(it: Hello): void {
  noticed = it.notice ?? "";
  event = eventPage(it.page);
  showEvent(event);
  panel.name(event.title);
  showNotice();
  server.tracks = it.tracks;
  choose();
  chooser.offer(server.tracks ?? [], chosen.lang);
  panel.heard(store.speakers);
  panel.offer(it.tracks);
  panel.show(settings, chosen, token);
}

function showNotice(): void {
  notice.replaceChildren(...noticeNodes(noticed));
  notice.hidden = noticed === "";
}

/** The page's language has changed, or texts have come: what was written in another one is written anew. */
function retell(): void {
  chooser.offer(server.tracks ?? [], chosen.lang);
  panel.retell();
  panel.show(settings, chosen, token);
  showNotice();
  invitation.retell();
  setText(lag, "");
  setText("older", t("earlier.kept"));
  showStatus();
  repaint();
}

function changed(caption: Caption | undefined, isLive: boolean, missed: boolean): void {
  live = isLive || (caption === undefined && live);
  if (caption && isLive) {
    if (caption.at && (caption.of ? caption.lang === chosen.lang : true)) captured = caption.at.captured;
    paintTimer?.received(caption);
  }
  if (caption?.speaker !== undefined) panel.heard(store.speakers);
  if (caption && (isLive || missed)) announcer.announce(caption, store, chosen);
  repaint();
}

function corrected(it: Correction, isLive: boolean): void {
  if (isLive) announcer.correct(it, store, chosen);
}

function showStatus(): void {
  const shown = shownStatus(server.connection, server.state);
  page.dataset.status = shown;
  setText("status", label(shown));
}

function state(it: State): void {
  server.report(it);
  showStatus();
  repaint();
}

function paint(): void {
  const message = server.message(settings.tracks, chosen.lang);
  const isEmpty = rowsToShow(store.rows, chosen).length === 0;
  stableHeight.around(() => rows.paint(store, chosen), live);
  earlier.hidden = store.before === undefined || settings.view === "lines";
  page.dataset.empty = isEmpty ? "yes" : "no";
  begun ||= !isEmpty;
  const saysWhen = showBefore(event, !begun && SOON.includes(server.connection), Date.now());
  // Until then nobody expects captions, so only what is wrong is told.
  const isAwaited = saysWhen && server.connection === "live" && !message.isTrouble;
  showText("empty", isEmpty && !isAwaited ? message.text : undefined);
  showText("trouble", !isEmpty && message.isTrouble ? message.text : undefined);
  scrolled();
  search.refresh();
  showLag();
  paintTimer?.drawn();
}

/** How the connection is while captions may still come. */
const SOON: readonly Status[] = ["connecting", "waiting", "live", "reconnecting"];

function scrolled(): void {
  if (settings.view === "lines") rollUp.contentChanged(store, rows, live);
  else follow.contentChanged();
}

function relaid(): void {
  stableHeight.reset();
  // What is shown was seen before: it does not roll through again.
  live = false;
  scrolled();
}

function showLag(): void {
  const ms = captured === undefined ? undefined : connection.clock.since(captured, Date.now());
  captured = undefined;
  if (ms === undefined || server.connection !== "live") return;
  lag.dataset.ms = String(Math.round(ms));
  if (performance.now() - lagShown < LAG_EVERY_MS && lag.textContent !== "") return;
  lagShown = performance.now();
  setText(lag, behind(ms));
}

function forgetLag(): void {
  if (performance.now() - lagShown > LAG_FOR_MS) setText(lag, "");
}

async function fetchOlder(): Promise<void> {
  const before = store.before;
  if (before === undefined) return;
  store.hold(ROWS_READ);
  if (store.isFull) return setText("older", t("earlier.full"));
  try {
    await fetchEarlier(store, before, chosen.lang, token);
  } catch (error) {
    console.warn("earlier captions: not fetched", error);
    setText("older", t("earlier.failed"));
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
  connection.subscribe({ token });
}

function act(wanted: Action): void {
  switch (wanted) {
    case "settings":
      return panel.toggle();
    case "help":
      return panel.help();
    case "close":
      return search.isOpen ? search.close() : panel.toggle(false);
    case "search":
      return search.open();
    case "view":
      if (search.isOpen) search.close();
      return set("view", settings.view === "lines" ? "transcript" : "lines");
    case "larger":
      return set("size", Math.min(400, settings.size + 10));
    case "smaller":
      return set("size", Math.max(50, settings.size - 10));
    case "usual":
      return set("size", READER.size.default);
    case "colours":
      return set("colours", COLOURS[(COLOURS.indexOf(settings.colours) + 1) % COLOURS.length]);
    case "original":
      return set("both", !settings.both);
    case "newest":
      follow.toNewest();
      return search.close();
    case "bar":
      return set("bar", !settings.bar);
    case "join":
      return invitation.toggle(event, token);
    case "full":
      return void (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen()).catch(() => undefined);
  }
}
