// One Socket.IO connection to the server: the handshake, the events, and how it stands.
import type { Socket } from "socket.io-client";
import { ServerClock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import type { Painted } from "./painted.ts";
import { isCaption, isGap, isHello, isMark, isNext, isState, type Caption, type Hello, type State } from "./wire.ts";

// Loaded before this file, from /sio.js/socket.io.js: npm's own build, which the page need not carry twice.
declare const io: typeof import("socket.io-client").io;

export type Standing = "connecting" | "live" | "reconnecting" | "ended";

export interface Listener {
  standing(now: Standing): void;
  hello(hello: Hello): void;
  /** The ledger has changed; `caption` where one did it. `live`: it was just spoken, and is not replayed. */
  changed(caption: Caption | undefined, live: boolean): void;
  state(state: State): void;
}

const CLOCK_EVERY_MS = 30_000;
const CLOCK_WAIT_MS = 5_000;
/** While it measures: what is asked once may have been answered late, by half of which the clock is wrong. */
const CLOCK_OFTEN_MS = 200;
const REFUSED_WAIT_MS = 3_000;

export class Connection {
  readonly clock = new ServerClock();
  private readonly socket: Socket;
  private replaying = true;
  private everything = false;

  constructor(
    private readonly ledger: Ledger,
    private readonly listener: Listener,
    private lang: string | undefined,
  ) {
    this.socket = io({
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

  /** Translations of one language only are sent; what is kept of another one has to be asked for. */
  read(lang: string | undefined): void {
    this.lang = lang;
    this.everything = lang !== undefined;
    this.socket.disconnect().connect();
  }

  /** For the bench: the server's clock as exactly as can be, and a way to tell what was painted. */
  measure(): (painted: Painted) => void {
    window.setInterval(() => this.askClock(), CLOCK_OFTEN_MS);
    return (it) => this.socket.emit("painted", it);
  }

  private handshake(): object {
    const from = this.everything ? 0 : this.ledger.from;
    this.everything = false;
    const stream = this.ledger.stream;
    return { v: 1, ...(stream === undefined ? {} : { stream }), from, langs: this.lang === undefined ? [] : [this.lang], words: false };
  }

  private listen(): void {
    const { socket, ledger, listener } = this;
    const changed = (): void => listener.changed(undefined, false);
    socket.on("connect", () => this.askClock());
    socket.on("disconnect", (reason) => {
      this.replaying = true;
      listener.standing("reconnecting");
      if (reason === "io server disconnect") this.later(REFUSED_WAIT_MS);
    });
    socket.on("connect_error", (error: Error & { data?: { retry_after?: number } }) => {
      listener.standing(ledger.stream === undefined ? "connecting" : "reconnecting");
      // `active` is false where the server itself has refused: then the library does not try again.
      if (!socket.active) this.later((error.data?.retry_after ?? 0) * 1000 || REFUSED_WAIT_MS);
    });
    socket.on("hello", (it: unknown) => {
      if (!isHello(it)) return;
      ledger.hello(it);
      listener.hello(it);
      listener.standing("live");
      changed();
    });
    socket.on("caption", (it: unknown) => {
      if (isCaption(it) && ledger.caption(it)) listener.changed(it, !this.replaying);
    });
    socket.on("gap", (it: unknown) => {
      if (isGap(it)) ledger.gap(it), changed();
    });
    socket.on("mark", (it: unknown) => {
      if (isMark(it)) ledger.mark(it), changed();
    });
    socket.on("clear", () => {
      ledger.clear();
      changed();
    });
    socket.on("live", (it: unknown) => {
      if (isNext(it)) ledger.reached(it.next);
      this.replaying = false;
    });
    socket.on("end", (it: unknown) => {
      if (isNext(it)) ledger.ended(it.next), changed();
      listener.standing("ended");
    });
    socket.on("state", (it: unknown) => {
      if (isState(it)) listener.state(it);
    });
  }

  private later(ms: number): void {
    window.setTimeout(() => this.socket.connect(), ms);
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
