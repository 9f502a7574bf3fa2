// One Socket.IO connection to the server: the handshake, the events, and how it stands.
import type { Socket } from "socket.io-client";
import { ServerClock } from "./clock.ts";
import type { CaptionStore } from "./caption-store.ts";
import type { Painted } from "./painted.ts";
import { jitter } from "./jitter.ts";
import { SOCKETS } from "./server-address.ts";
import type { Standing } from "./why.ts";
import { isCaption, isGap, isHello, isMark, isNext, isState, type Caption, type Hello, type State } from "./wire.ts";

// Loaded before this file, from /sio.js/socket.io.js: npm's own build, which the page need not carry twice.
declare const io: typeof import("socket.io-client").io;

export interface Listener {
  standing(now: Standing): void;
  hello(hello: Hello): void;
  /** The store has changed; `caption` where one did it. `live`: it was just spoken, and is not replayed; `missed`: during a cut. */
  changed(caption: Caption | undefined, live: boolean, missed: boolean): void;
  state(state: State): void;
}

/** What this reader wants to be sent. */
export interface Wants {
  /** The one translation that is read. */
  lang: string | undefined;
  /** None named: all. */
  tracks: readonly string[];
  token: string | undefined;
  /** What was said before the page was opened. */
  past: boolean;
  /** By what the bench knows the page that it has opened. */
  measure?: string | undefined;
}

/** `connect_error`: refused by the server itself, with a reason, or not reached at all. */
interface Refusal extends Error {
  data?: { retry_after?: number };
  /** The status of a handshake by long-polling. */
  description?: unknown;
}

const CLOCK_EVERY_MS = 30_000;
const CLOCK_WAIT_MS = 5_000;
/** While it measures: what is asked once may have been answered late, by half of which the clock is wrong. */
const CLOCK_OFTEN_MS = 200;
const REFUSED_WAIT_MS = 3_000;
/** As long as the server counts wrong tokens. */
const GUESSED_WAIT_MS = 60_000;
/** A proxy that swallows websockets answers nothing: after so long the next try begins by long-polling. */
const SILENT_MS = 8_000;
/** A page that was asleep asks whether anybody still answers; one that hears nothing for so long connects anew. */
const AWAKE_WAIT_MS = 4_000;

export class Connection {
  readonly clock = new ServerClock();
  private readonly socket: Socket;
  private replaying = true;
  private everything = false;
  /** From this number on nothing had come before the connection was cut. */
  private unseen = Number.POSITIVE_INFINITY;
  private retry: number | undefined;

  constructor(
    private readonly store: CaptionStore,
    private readonly listener: Listener,
    private wants: Wants,
  ) {
    this.socket = io({
      path: SOCKETS,
      timeout: SILENT_MS,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      // Asked anew for each connection, so that one that was cut goes on where it was.
      auth: (give: (data: object) => void) => give(this.handshake()),
    });
    this.listen();
    window.setInterval(() => this.askClock(), CLOCK_EVERY_MS);
  }

  /** Only what is wanted is sent; what is kept of something else has to be asked for. */
  want(wants: Partial<Wants>): void {
    this.wants = { ...this.wants, ...wants };
    this.everything = this.wants.past;
    this.socket.disconnect().connect();
  }

  /** After a sleep in which nothing ran: the connection may be gone without having said so. */
  wake(): void {
    // The library may be waiting for its next try: not any longer.
    if (!this.socket.connected) return void this.socket.disconnect().connect();
    this.socket.timeout(AWAKE_WAIT_MS).emit("clock", (error: Error | null) => {
      if (error && this.socket.connected) this.socket.disconnect().connect();
    });
  }

  /** A page that is put away whole may keep no connection; `wake` goes on where it was. */
  sleep(): void {
    this.socket.disconnect();
  }

  /** For the bench: the server's clock as exactly as can be, and a way to tell what was painted. */
  measure(): (painted: Painted) => void {
    window.setInterval(() => this.askClock(), CLOCK_OFTEN_MS);
    return (it) => this.socket.emit("painted", it);
  }

  private handshake(): object {
    const { lang, tracks, token, past, measure } = this.wants;
    const { stream } = this.store;
    // Without `from` comes what is said from now on; a stream that was seen before is gone on with in any case.
    // All of it is asked for until all of it has come: the newest numbers are known from before the choice.
    const from = this.everything ? { from: 0 } : past || stream !== undefined ? { from: this.store.from } : {};
    this.replaying = "from" in from;
    this.unseen = stream === undefined ? Number.POSITIVE_INFINITY : this.store.from;
    return {
      v: 1,
      ...(stream === undefined ? {} : { stream }),
      ...from,
      langs: lang === undefined ? [] : [lang],
      ...(tracks.length === 0 ? {} : { tracks }),
      ...(token === undefined ? {} : { token }),
      ...(measure === undefined ? {} : { measure }),
      words: false,
    };
  }

  private listen(): void {
    const { socket, store, listener } = this;
    const changed = (): void => listener.changed(undefined, false, false);
    socket.on("connect", () => {
      if (store.stream === undefined) listener.standing("waiting");
      this.askClock();
    });
    socket.on("disconnect", (reason) => {
      this.replaying = true;
      listener.standing("reconnecting");
      if (reason === "io server disconnect") this.later(REFUSED_WAIT_MS);
    });
    socket.on("connect_error", (error: Refusal) => this.refused(error));
    socket.on("hello", (it: unknown) => {
      if (!isHello(it)) return;
      const isFirst = store.stream === undefined;
      if (!isFirst && it.stream !== store.stream) {
        // Of another run, on a connection that goes on too: all that is kept of it follows, and then `live`. It was all said meanwhile.
        this.replaying = true;
        this.unseen = 0;
      }
      store.hello(it);
      // Who wants nothing of the past goes on from here after a cut.
      if (isFirst && !this.wants.past) store.reached(it.next);
      listener.hello(it);
      listener.standing("live");
      changed();
    });
    socket.on("caption", (it: unknown) => {
      if (isCaption(it) && store.caption(it)) listener.changed(it, !this.replaying, this.replaying && it.kind === "final" && it.seq >= this.unseen);
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
      this.everything = false;
      this.replaying = false;
    });
    socket.on("end", (it: unknown) => {
      if (isNext(it)) store.ended(it.next), changed();
      listener.standing("ended");
    });
    socket.on("state", (it: unknown) => {
      if (isState(it)) listener.state(it);
    });
  }

  private refused(error: Refusal): void {
    const { socket, store, listener } = this;
    if (error.message.startsWith("unauthorized")) {
      // Trying again with the same token would be refused again: the form or a new address goes on.
      listener.standing("unauthorized");
      return;
    }
    if (error.message.startsWith("guessed")) {
      listener.standing("guessed");
      return void this.later(GUESSED_WAIT_MS);
    }
    if (error.message.startsWith("foreign")) return void listener.standing("foreign");
    // By long-polling first, a websocket is only gone over to once it has answered.
    if (error.message === "timeout") socket.io.opts.transports = ["polling", "websocket"];
    const isFull = error.message === "full" || error.description === 503;
    listener.standing(isFull ? "full" : store.stream === undefined ? "connecting" : "reconnecting");
    // `active` is false where the server itself has refused: then the library does not try again.
    if (!socket.active) this.later((error.data?.retry_after ?? 0) * 1000 || REFUSED_WAIT_MS);
  }

  private later(ms: number): void {
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.socket.connect(), jitter(ms, Math.random()));
  }

  private askClock(): void {
    if (!this.socket.connected) return;
    const sent = Date.now();
    this.socket.timeout(CLOCK_WAIT_MS).emit("clock", (error: Error | null, answer: unknown) => {
      const now = (answer as { now?: unknown } | undefined)?.now;
      if (!error && typeof now === "number") this.clock.exchanged(sent, Date.now(), now);
    });
  }
}
