// The overlay for OBS and projectors: the last lines of what is being said, and nothing else. All settings are in its address.
import { applyOverlay } from "./appearance.ts";
import { CaptionStore } from "./caption-store.ts";
import { Connection } from "./connection.ts";
import { element, oncePerFrame, showText } from "./dom.ts";
import { eventPage } from "./event-page.ts";
import { rowsToShow } from "./gaps.ts";
import { readIn } from "./languages.ts";
import { followLifecycle } from "./lifecycle.ts";
import { RollUp } from "./roll-up.ts";
import { among, Rows, type Choice } from "./rows.ts";
import { ServerStatus } from "./server-status.ts";
import { read } from "./settings.ts";
import { StableHeight } from "./stable-height.ts";
import { OVERLAY } from "./streamer.ts";
import { onTexts, useTexts } from "./texts.ts";
import { followToken, takeToken } from "./token.ts";
import { alignToPixels, toWholePixels } from "./whole-pixels.ts";

/** More than fit: a row that rolls away is still there while it does. */
const ROWS = 30;

const { values: settings, complaints } = read(OVERLAY, new URLSearchParams(location.search));
for (const complaint of complaints) console.warn(complaint);
const page = document.documentElement;
applyOverlay(page, settings);
useTexts(settings.ui);

const list = element("captions");
const store = new CaptionStore(ROWS);
const rows = new Rows(list);
const stableHeight = new StableHeight(list);
const box = element("box");
const rollUp = new RollUp(box, list);
const choice: Choice = { lang: readIn(settings.lang, []), both: false, standIns: settings.original, gaps: settings.gaps, flows: false, times: false, tracks: settings.tracks };

const server = new ServerStatus();
const repaint = oncePerFrame(paint);
let message = "";
/** The newest change of the store came from something that was just said. */
let live = false;
let silence: number | undefined;

const connection = new Connection(
  store,
  {
    status: (to) => {
      server.connectionIs(to);
      page.dataset.status = server.connection;
      repaint();
    },
    hello: (it) => {
      // OBS names the source after it.
      const { title } = eventPage(it.page);
      if (title !== undefined) document.title = title;
      server.tracks = it.tracks;
      const { there } = among(it.tracks, settings.tracks);
      const lang = readIn(settings.lang, it.tracks);
      if (there.join() === choice.tracks.join() && lang === choice.lang) return;
      choice.tracks = there;
      choice.lang = lang;
      connection.subscribe({ lang, tracks: there });
    },
    changed: (caption, isLive) => {
      live = isLive || (caption === undefined && live);
      waitForSilence();
      repaint();
    },
    state: (it) => {
      server.report(it);
      repaint();
    },
  },
  // What was said before the overlay was opened is not shown.
  { lang: choice.lang, tracks: choice.tracks, token: takeToken(), past: false },
);
followLifecycle(connection);
followToken((token) => connection.subscribe({ token }));
onTexts(repaint);
document.fonts.addEventListener("loadingdone", relaid);
window.addEventListener("resize", relaid);
toWholePixels(box);

/** Clears the captions when nothing was said for a while. A segment that is still open returns with its next word or translation. */
function waitForSilence(): void {
  window.clearTimeout(silence);
  if (settings.clear === 0 || store.rows.length === 0) return;
  silence = window.setTimeout(() => {
    store.clear(choice.lang);
    repaint();
  }, settings.clear * 1000);
}

function paint(): void {
  stableHeight.around(() => rows.paint(store, choice), live);
  rollUp.contentChanged(store, rows, live);
  const { text, isTrouble, detail } = server.message(settings.tracks, choice.lang);
  // For whoever sets it up: OBS keeps a log of the console.
  const told = detail === undefined ? text : `${text} (${detail})`;
  if (message !== told) console.info((message = told));
  showText("status", settings.status && (isTrouble || rowsToShow(store.rows, choice).length === 0) ? text : undefined);
  alignToPixels(box);
}

function relaid(): void {
  toWholePixels(box);
  stableHeight.reset();
  rollUp.contentChanged(store, rows, false);
}
