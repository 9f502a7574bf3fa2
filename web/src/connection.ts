// One Socket.IO connection to the server: the handshake, the events, and how it stands.
import type { Socket } from "socket.io-client";
import { ServerClock } from "./clock.ts";
import type { CaptionStore } from "./caption-store.ts";
import type { Painted } from "./painted.ts";
import { jitter } from "./jitter.ts";
import { connect } from "./socket.ts";
import type { Status } from "./why.ts";
import { isCaption, isCorrection, isGap, isHello, isMark, isNext, isState, type Caption, type Correction, type Hello, type State } from "./wire.ts";

export interface Listener {
  status(now: Status): void;
  hello(hello: Hello): void;
  /** The store has changed, by `caption` where there is one. `live`: it was just spoken; `missed`: it was said while the connection was cut. */
  changed(caption: Caption | undefined, live: boolean, missed: boolean): void;
  state(state: State): void;
  /** The store has changed so. `live`: it was corrected just now. */
  corrected?(correction: Correction, live: boolean): void;
}

/** What this reader is sent. */
export interface Subscription {
  /** The one translation that is read. */
  lang: string | undefined;
  /** All translations are sent. */
  allLanguages?: boolean;
  /** None named: all. */
  tracks: readonly string[];
  token: string | undefined;
  /** What was said before the page was opened. */
  past: boolean;
  /** Identifies the page to the bench that opened it. */
  measure?: string | undefined;
}

/** `connect_error`: refused by the server itself, with a reason, or not reached at all. */
interface Refusal extends Error {
  data?: { retry_after?: number };
  /** The HTTP status of a handshake by long-polling. */
  description?: unknown;
}

const CLOCK_EVERY_MS = 30_000;
const CLOCK_WAIT_MS = 5_000;
/** While it measures. The clock is wrong by up to half the time that an answer took, so many are asked for. */
const CLOCK_OFTEN_MS = 200;
const REFUSED_WAIT_MS = 3_000;
/** For so long the server counts wrong tokens. */
const GUESSED_WAIT_MS = 60_000;
/** A proxy may leave websockets unanswered: after this time the next try begins with long-polling. */
const SILENT_MS = 8_000;
/** A page that was asleep asks the server for an answer; without one in this time it connects anew. */
const AWAKE_WAIT_MS = 4_000;

export class Connection {
  readonly clock = new ServerClock();
  readonly #socket: Socket;
  #replaying = true;
  /** A replay from the beginning is still awaited. */
  #everything = false;
  /** The first number that had not arrived when the connection was cut. */
  #unseen = Number.POSITIVE_INFINITY;
  #retry: number | undefined;

  constructor(
    private readonly store: CaptionStore,
    private readonly listener: Listener,
    private subscription: Subscription,
  ) {
    this.#socket = connect({
      timeout: SILENT_MS,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      // Called for each connection: one that was cut continues where it was.
      auth: (give: (data: object) => void) => give(this.#handshake()),
    });
    this.#listen();
    window.setInterval(() => this.#askClock(), CLOCK_EVERY_MS);
  }

  /** Connects anew, since the server sends only what was subscribed to, and asks for all that it keeps of it. */
  subscribe(changes: Partial<Subscription>): void {
    this.subscription = { ...this.subscription, ...changes };
    this.#everything = this.subscription.past;
    this.#reconnect();
  }

  /** After a sleep in which nothing ran: the connection may be gone without having said so. */
  wake(): void {
    // The library may be waiting before its next try.
    if (!this.#socket.connected) return this.#reconnect();
    this.#socket.timeout(AWAKE_WAIT_MS).emit("clock", (error: Error | null) => {
      if (error && this.#socket.connected) this.#reconnect();
    });
  }

  /** A page in the back/forward cache must not keep a connection; `wake` continues where it was. */
  sleep(): void {
    this.#socket.disconnect();
  }

  /** For the bench: reads the server's clock often; the result reports what was painted. */
  measure(): (painted: Painted) => void {
    window.setInterval(() => this.#askClock(), CLOCK_OFTEN_MS);
    return (it) => this.#socket.emit("painted", it);
  }

  #handshake(): object {
    const { lang, allLanguages, tracks, token, past, measure } = this.subscription;
    const { stream } = this.store;
    // Without `from` the server sends what is said from now on. A stream that was seen before is continued in any case.
    // After a new subscription `from` is 0 until the whole replay has arrived: the numbers seen so far are of the old one.
    const from = this.#everything ? { from: 0 } : past || stream !== undefined ? { from: this.store.from } : {};
    this.#replaying = "from" in from;
    this.#unseen = stream === undefined ? Number.POSITIVE_INFINITY : this.store.from;
    return {
      v: 1,
      ...(stream === undefined ? {} : { stream }),
      ...from,
      ...(allLanguages ? {} : { langs: lang === undefined ? [] : [lang] }),
      ...(tracks.length === 0 ? {} : { tracks }),
      ...(token === undefined ? {} : { token }),
      ...(measure === undefined ? {} : { measure }),
      words: false,
    };
  }

  #listen(): void {
    const { store, listener } = this;
    const socket = this.#socket;
    const changed = (): void => listener.changed(undefined, false, false);
    socket.on("connect", () => {
      if (store.stream === undefined) listener.status("waiting");
      this.#askClock();
    });
    socket.on("disconnect", (reason) => {
      this.#replaying = true;
      listener.status("reconnecting");
      if (reason === "io server disconnect") this.#later(REFUSED_WAIT_MS);
    });
    socket.on("connect_error", (error: Refusal) => this.#refused(error));
    socket.on("hello", (it: unknown) => {
      if (!isHello(it)) return;
      const isFirst = store.stream === undefined;
      if (!isFirst && it.stream !== store.stream) {
        // Another run of the pipeline, which may begin on the same connection: a replay of it follows, and then `live`.
        this.#replaying = true;
        this.#unseen = 0;
      }
      store.hello(it);
      // Without the past a connection that was cut continues from here.
      if (isFirst && !this.subscription.past) store.reached(it.next);
      listener.hello(it);
      listener.status("live");
      changed();
    });
    socket.on("caption", (it: unknown) => {
      if (isCaption(it) && store.caption(it)) listener.changed(it, !this.#replaying, this.#replaying && it.kind === "final" && it.seq >= this.#unseen);
    });
    socket.on("correction", (it: unknown) => {
      if (!isCorrection(it) || !store.correct(it)) return;
      listener.corrected?.(it, !this.#replaying);
      changed();
    });
    socket.on("gap", (it: unknown) => {
      if (isGap(it)) store.gap(it), changed();
    });
    socket.on("mark", (it: unknown) => {
      if (isMark(it)) store.mark(it), changed();
    });
    socket.on("clear", () => {
      store.clear();
      changed();
    });
    socket.on("live", (it: unknown) => {
      if (isNext(it)) store.reached(it.next);
      this.#everything = false;
      this.#replaying = false;
    });
    socket.on("end", (it: unknown) => {
      if (isNext(it)) store.ended(it.next), changed();
      listener.status("ended");
    });
    socket.on("state", (it: unknown) => {
      if (isState(it)) listener.state(it);
    });
  }

  #refused(error: Refusal): void {
    const { store, listener } = this;
    const socket = this.#socket;
    if (error.message.startsWith("unauthorized")) {
      // The same token would be refused again: the form or a new address brings another one.
      listener.status("unauthorized");
      return;
    }
    if (error.message.startsWith("guessed")) {
      listener.status("guessed");
      return void this.#later(GUESSED_WAIT_MS);
    }
    if (error.message.startsWith("foreign")) return void listener.status("foreign");
    // With long-polling first, the library changes to a websocket once that has answered.
    if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
    const isFull = error.message === "full" || error.description === 503;
    listener.status(isFull ? "full" : store.stream === undefined ? "connecting" : "reconnecting");
    // `active` is false where the server itself refused: then the library does not try again.
    if (!socket.active) this.#later((error.data?.retry_after ?? 0) * 1000 || REFUSED_WAIT_MS);
  }

  #reconnect(): void {
    this.#socket.disconnect().connect();
  }

  #later(ms: number): void {
    window.clearTimeout(this.#retry);
    this.#retry = window.setTimeout(() => this.#socket.connect(), jitter(ms, Math.random()));
  }

  #askClock(): void {
    if (!this.#socket.connected) return;
    const sent = Date.now();
    this.#socket.timeout(CLOCK_WAIT_MS).emit("clock", (error: Error | null, answer: unknown) => {
      const now = (answer as { now?: unknown } | undefined)?.now;
      if (!error && typeof now === "number") this.clock.exchanged(sent, Date.now(), now);
    });
  }
}
