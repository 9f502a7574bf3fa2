// The overlay for OBS and projectors: the last lines of what is being said, and nothing else. All settings are in its address.
import { Connection } from "./connection.ts";
import { element, say } from "./dom.ts";
import { StableHeight } from "./stable-height.ts";
import { rowsToShow } from "./gaps.ts";
import { readIn, unread } from "./languages.ts";
import { CaptionStore } from "./caption-store.ts";
import { followLifecycle } from "./lifecycle.ts";
import { dressOverlay } from "./appearance.ts";
import { RollUp } from "./roll-up.ts";
import { among, Rows, type Choice } from "./rows.ts";
import { read } from "./settings.ts";
import { OVERLAY } from "./streamer.ts";
import { followToken, takeToken } from "./token.ts";
import { settle, toWholePixels } from "./whole-pixels.ts";
import { silentSince, why, type Standing } from "./why.ts";
import type { State, Track } from "./wire.ts";

/** More than fit, so that what rolls away is still there while it does. */
const ROWS = 30;

const { values: settings, complaints } = read(OVERLAY, new URLSearchParams(location.search));
for (const complaint of complaints) console.warn(complaint);
const page = document.documentElement;
dressOverlay(page, settings);

const status = element("status", HTMLElement);
const list = element("captions", HTMLElement);
const store = new CaptionStore(ROWS);
const rows = new Rows(list);
const stableHeight = new StableHeight(list);
const box = element("box", HTMLElement);
const rollUp = new RollUp(box, list);
const choice: Choice = { lang: readIn(settings.lang, []), both: false, standIns: settings.original, gaps: settings.gaps, tracks: settings.tracks };

let standing: Standing = "connecting";
let tracks: readonly Track[] | undefined;
let reported: State | undefined;
let silent: number | undefined;
let painting = false;
let live = false;
let silence: number | undefined;

const connection = new Connection(
  store,
  {
    standing: (to) => {
      standing = to === "reconnecting" && standing === "ended" ? "ended" : to;
      page.dataset.standing = standing;
      repaint();
    },
    hello: (it) => {
      tracks = it.tracks;
      const { there } = among(tracks, settings.tracks);
      const lang = readIn(settings.lang, tracks);
      if (there.join() === choice.tracks.join() && lang === choice.lang) return;
      choice.tracks = there;
      choice.lang = lang;
      connection.want({ lang, tracks: there });
    },
    changed: (caption, isLive) => {
      live = isLive || (caption === undefined && live);
      waitForSilence();
      repaint();
    },
    state: (it) => {
      reported = it;
      silent = silentSince(it.level_db, silent, performance.now());
      repaint();
    },
  },
  // What was said before is nobody's business here.
  { lang: choice.lang, tracks: choice.tracks, token: takeToken(), past: false },
);
followLifecycle(connection);
followToken((token) => connection.want({ token }));
document.fonts.addEventListener("loadingdone", relaid);
window.addEventListener("resize", relaid);
toWholePixels(box);

/** Each word puts it off. A segment that is still open comes back with its next word, or with its translation. */
function waitForSilence(): void {
  window.clearTimeout(silence);
  if (settings.clear === 0 || store.rows.length === 0) return;
  silence = window.setTimeout(() => {
    store.clear(choice.lang);
    repaint();
  }, settings.clear * 1000);
}

function repaint(): void {
  if (painting) return;
  painting = true;
  if (document.hidden) window.setTimeout(paint, 0);
  else requestAnimationFrame(paint);
}

function paint(): void {
  painting = false;
  stableHeight.around(() => rows.paint(store, choice), live);
  rollUp.grown(store, rows, live);
  const told = why({ standing, tracks: tracks?.length, missing: among(tracks ?? [], settings.tracks).missing, unread: unread(choice.lang, tracks ?? []), state: reported, silentFor: silent === undefined ? undefined : performance.now() - silent });
  const isSaid = settings.status && (rowsToShow(store.rows, choice).length === 0 || told.trouble);
  // For who sets it up: OBS keeps a log of it.
  if (status.dataset.told !== told.words) console.info((status.dataset.told = told.words));
  status.hidden = !isSaid;
  say(status, isSaid ? told.words : "");
  settle(box);
}

function relaid(): void {
  toWholePixels(box);
  stableHeight.reset();
  rollUp.grown(store, rows, false);
}
