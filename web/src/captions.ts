// The page that people read: it wires the connection, the ledger and what is seen of them.
import { Connection, type Standing } from "./connection.ts";
import { Follow } from "./follow.ts";
import { languages, Ledger, shown } from "./ledger.ts";
import { Paints } from "./painted.ts";
import { Rows } from "./rows.ts";
import type { Caption, Hello, State } from "./wire.ts";

const STANDINGS: Record<Standing, string> = {
  connecting: "connecting…",
  live: "live",
  reconnecting: "reconnecting…",
  ended: "ended",
};
const EMPTY: Record<Standing, string> = {
  connecting: "Connecting…",
  live: "Listening. Captions appear here as soon as somebody speaks.",
  reconnecting: "The connection is lost. Trying again…",
  ended: "The captions have ended.",
};
const ANNOUNCED = 20;

const page = document.documentElement;
const standing = element("standing", HTMLElement);
const lag = element("lag", HTMLElement);
const notice = element("notice", HTMLElement);
const trouble = element("trouble", HTMLElement);
const empty = element("empty", HTMLElement);
const spoken = element("spoken", HTMLElement);
const choice = element("language", HTMLSelectElement);
const chooser = element("chooser", HTMLElement);

const ledger = new Ledger();
const rows = new Rows(element("captions", HTMLElement));
const follow = new Follow(element("scroller", HTMLElement), element("newest", HTMLButtonElement));
/** The translation that is read; the originals where there is none. */
let lang = new URLSearchParams(location.search).get("lang") ?? undefined;
let now: Standing = "connecting";
let ended = false;
let painting = false;
/** When the sound of the newest live caption was captured, by the server's clock. */
let captured: number | undefined;

const connection = new Connection(ledger, { standing: setStanding, hello, changed, state }, lang);
const measures = new URLSearchParams(location.search).has("measure");
const paints = measures ? new Paints(connection.clock, connection.measure()) : undefined;

choice.addEventListener("change", () => {
  lang = choice.value === "" ? undefined : choice.value;
  const url = new URL(location.href);
  if (lang === undefined) url.searchParams.delete("lang");
  else url.searchParams.set("lang", lang);
  history.replaceState(null, "", url);
  spoken.replaceChildren();
  connection.read(lang);
  repaint();
});

function setStanding(to: Standing): void {
  // A server that goes away after the end of its pipeline leaves nothing to wait for.
  if (to === "live") ended = false;
  if (to === "ended") ended = true;
  now = ended ? "ended" : to;
  page.dataset.standing = now;
  standing.textContent = STANDINGS[now];
  if (now !== "live") lag.textContent = "";
  repaint();
}

function hello(it: Hello): void {
  // What stands between backticks can be typed.
  notice.replaceChildren(...(it.notice ?? "").split("`").map((part, at) => (at % 2 ? code(part) : part)));
  notice.hidden = !it.notice;
  const offered = languages(it.tracks);
  chooser.hidden = offered.length === 0;
  const originals = [...new Set(it.tracks.map((track) => track.lang))];
  choice.replaceChildren(
    option("", `Original (${originals.map(nameOf).join(", ")})`),
    ...offered.map((code) => option(code, nameOf(code))),
  );
  if (lang !== undefined && !offered.includes(lang)) choice.append(option(lang, `${nameOf(lang)} (not offered)`));
  choice.value = lang ?? "";
}

function changed(caption: Caption | undefined, live: boolean): void {
  if (caption && live) {
    if (caption.at && (caption.of ? caption.lang === lang : true)) captured = caption.at.captured;
    announce(caption);
    paints?.came(caption);
  }
  repaint();
}

function state(it: State): void {
  const troubled = it.stages.filter((stage) => stage.state === "degraded" || stage.state === "restarting");
  const words = troubled.map((stage) => `${stage.name} is ${stage.state}${stage.why ? `: ${stage.why}` : ""}`);
  if (it.paused) words.unshift("paused");
  trouble.textContent = words.join(" · ");
  trouble.hidden = words.length === 0;
}

/** At most once a frame, however many captions came. */
function repaint(): void {
  if (painting) return;
  painting = true;
  const paint = (): void => {
    painting = false;
    rows.paint(ledger, lang);
    empty.hidden = ledger.rows.length > 0;
    empty.textContent = EMPTY[now];
    follow.grown();
    showLag();
    paints?.drawn();
  };
  // A page in the background gets no frames, yet what waits there must not pile up unseen.
  if (document.hidden) window.setTimeout(paint, 0);
  else requestAnimationFrame(paint);
}

function showLag(): void {
  const ms = captured === undefined ? undefined : connection.clock.since(captured, Date.now());
  captured = undefined;
  if (ms === undefined || now !== "live") return;
  lag.textContent = ms < 10_000 ? `${Math.round(ms / 10) * 10} ms behind` : `${Math.round(ms / 1000)} s behind`;
  lag.dataset.ms = String(Math.round(ms));
}

/** A screen reader hears finals only, in the language that is read, each once. */
function announce(caption: Caption): void {
  const row = ledger.rows.find((it) => it.is === "segment" && it.track === caption.track && it.segment === caption.segment);
  const it = row?.is === "segment" ? shown(row, lang) : undefined;
  if (!it?.settled || it.line.text === "" || (lang !== undefined && !it.standsIn && caption.lang !== lang)) return;
  const line = document.createElement("p");
  line.lang = it.line.lang;
  line.textContent = it.line.text;
  spoken.append(line);
  while (spoken.childElementCount > ANNOUNCED) spoken.firstElementChild?.remove();
}

function code(text: string): HTMLElement {
  const it = document.createElement("code");
  it.textContent = text;
  return it;
}

function option(value: string, text: string): HTMLOptionElement {
  const it = document.createElement("option");
  it.value = value;
  it.textContent = text;
  return it;
}

/** A language in its own words; its code where the browser does not know it. */
function nameOf(code: string): string {
  try {
    return new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const it = document.getElementById(id);
  if (!(it instanceof type)) throw new Error(`the page has no element #${id}`);
  return it;
}
