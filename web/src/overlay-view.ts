// What the overlay shows: the captions of its store, laid out as its settings say.
import { applyOverlay } from "./appearance.ts";
import { CaptionStore } from "./caption-store.ts";
import { element, oncePerFrame, showText } from "./dom.ts";
import { rowsToShow } from "./gaps.ts";
import { readIn } from "./languages.ts";
import { RollUp } from "./roll-up.ts";
import { among, Rows, type Choice } from "./rows.ts";
import { ServerStatus } from "./server-status.ts";
import { lastShown, StableHeight } from "./stable-height.ts";
import type { Overlay } from "./streamer.ts";
import { alignToPixels, toWholePixels } from "./whole-pixels.ts";
import type { Hello, State } from "./wire.ts";
import type { Status } from "./why.ts";

/** More than fit: a row that rolls away is still there while it does. */
const ROWS = 30;

export class OverlayView {
  readonly store = new CaptionStore(ROWS);
  readonly choice: Choice;
  readonly #server = new ServerStatus();
  readonly #page = document.documentElement;
  readonly #ground = element("ground");
  readonly #box = element("box");
  readonly #list = element("captions");
  readonly #rows = new Rows(this.#list);
  readonly #stableHeight = new StableHeight(this.#list);
  readonly #rollUp = new RollUp(this.#box, this.#list);
  readonly #stopped = new AbortController();
  readonly repaint = oncePerFrame(() => this.#paint());
  #message = "";
  /** The newest change of the store came from something that was just said. */
  #live = false;
  #silence: number | undefined;

  constructor(private readonly settings: Overlay) {
    const { lang, both, original, gaps, tracks, speakers, names } = settings;
    // A translation that stands above its original must not keep that back.
    this.choice = { lang: readIn(lang, []), both, standIns: original || both, gaps, flows: false, times: false, tracks, speakers, names };
    applyOverlay(this.#page, settings);
    this.#list.replaceChildren();
    this.#stableHeight.reset();
    const { signal } = this.#stopped;
    document.fonts.addEventListener("loadingdone", () => this.#relaid(), { signal });
    window.addEventListener("resize", () => this.#relaid(), { signal });
    this.#align(toWholePixels);
    this.repaint();
  }

  /** Before another view takes its place. */
  stop(): void {
    this.#stopped.abort();
    this.#rollUp.stop();
    window.clearTimeout(this.#silence);
  }

  connectionIs(to: Status): void {
    this.#server.connectionIs(to);
    this.#page.dataset.status = this.#server.connection;
    this.repaint();
  }

  /** Whether that changes what is to be subscribed to. */
  hello({ tracks }: Hello): boolean {
    this.#server.tracks = tracks;
    const { there } = among(tracks, this.settings.tracks);
    const lang = readIn(this.settings.lang, tracks);
    if (there.join() === this.choice.tracks.join() && lang === this.choice.lang) return false;
    this.choice.tracks = there;
    this.choice.lang = lang;
    return true;
  }

  /** The store has changed; `live`: by something that was just said. Without a caption that is as it was. */
  changed(isCaption: boolean, live: boolean): void {
    this.#live = live || (!isCaption && this.#live);
    this.#waitForSilence();
    this.repaint();
  }

  state(it: State): void {
    this.#server.report(it);
    this.repaint();
  }

  /** Clears the captions when nothing was said for a while. A segment that is still open returns with its next word or translation. */
  #waitForSilence(): void {
    window.clearTimeout(this.#silence);
    if (this.settings.clear === 0 || this.store.rows.length === 0) return;
    this.#silence = window.setTimeout(() => {
      this.store.clear(this.choice.lang);
      this.repaint();
    }, this.settings.clear * 1000);
  }

  #paint(): void {
    const { store, choice, settings } = this;
    if (this.#stopped.signal.aborted) return;
    this.#stableHeight.around(() => this.#rows.paint(store, choice), this.#live);
    this.#ground.toggleAttribute("data-empty", lastShown(this.#list) === undefined);
    this.#rollUp.contentChanged(store, this.#rows, this.#live);
    const { text, isTrouble, detail } = this.#server.message(settings.tracks, choice.lang);
    // For whoever sets it up: OBS keeps a log of the console.
    const told = detail === undefined ? text : `${text} (${detail})`;
    if (this.#message !== told) console.info((this.#message = told));
    showText("status", settings.status && (isTrouble || rowsToShow(store.rows, choice).length === 0) ? text : undefined);
    this.#align(alignToPixels);
  }

  #relaid(): void {
    this.#align(toWholePixels);
    this.#stableHeight.reset();
    this.#rollUp.contentChanged(this.store, this.#rows, false);
  }

  /** The box of all lines, where it is painted, and then the lines in it. */
  #align(lines: (box: HTMLElement) => void): void {
    lines(this.#box);
    if (this.settings.box !== "block") return;
    alignToPixels(this.#ground);
    alignToPixels(this.#box);
  }
}
