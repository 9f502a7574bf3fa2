// One speaker's side of the protocol: the handshake, the ring, what is resumed, what is lost. It has no clock, no socket and no sound of its own.
import { jitter } from "./jitter.ts";
import { Offset } from "./speak-clock.ts";
import { Ring, type Kept } from "./speak-ring.ts";
import { fromServer, soundMessage, type Format, type FromServer, type LostBy, type Refused, type Welcome } from "./speak-wire.ts";

/** A websocket, as far as a session needs one. */
export interface Line {
  open(): void;
  close(): void;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Bytes that were sent and have not left. */
  waiting(): number;
}

export interface Asked {
  stage?: string | undefined;
  token?: string | undefined;
  name?: string | undefined;
  format: Format;
  /** Of a page that was loaded anew: its session is gone on with. */
  session?: string | undefined;
}

export type Phase =
  /** Not begun, or left. */
  | "off"
  | "connecting"
  | "live"
  /** The next try comes in a while. */
  | "waiting"
  /** Only another token, or a person, helps. */
  | "refused";

/** What a page shows of it. */
export interface Standing {
  phase: Phase;
  /** It was live before. */
  wasLive: boolean;
  refused: Refused | undefined;
  session: string | undefined;
  name: string | undefined;
  track: string | null | undefined;
  /** The server's word: `ready`, `waiting` for a recogniser, `paused`. */
  state: string;
  /** How long it takes from the capture of a sound until the pipeline has it; undefined while nothing is live. */
  delayMs: number | undefined;
  /** Sound that did not reach the pipeline, by whatever cause. */
  lostMs: number;
}

const FIRST_WAIT_MS = 500;
/** A fifth of what the ring holds: little is lost by waiting once the network is back. */
const LONGEST_WAIT_MS = 2_000;
/** In which a server answers, or is not there. */
const SILENT_MS = 8_000;
const CLOCK_MS = 2_000;
/** In the beginning the clock is asked for more often. */
const CLOCK_FIRST_MS = 250;
const CLOCK_FIRST = 5;
/** More is not handed to the socket, so that the ring and not its buffer holds what waits. */
const MOST_WAITING = 64_000;
/** Before a `welcome` says how much. */
const RING_MS = 10_000;

export class Session {
  private asked: Asked;
  #phase: Phase = "off";
  #refused: Refused | undefined;
  #welcome: Welcome | undefined;
  readonly #ring: Ring;
  readonly #offset = new Offset();
  /** Numbers of messages and samples, over all sessions of the page. */
  #number = 0;
  #sample = 0;
  /** The numbers with which the present session began. */
  #base = { number: 0, sample: 0 };
  /** The next one to send. */
  #cursor = 0;
  #isMuted = false;
  /** What the server believes. */
  #toldMuted = false;
  #before: Kept["before"];
  #state = "ready";
  #failures = 0;
  #retryAt = 0;
  #openedAt = 0;
  #heardAt = 0;
  #clockAt = 0;
  #clocks = 0;
  #lost = 0;
  /** What gave way since the connection was cut: some of it may have arrived. */
  #gone = 0;
  #atServer = { waiting: 0, dropped: 0, droppedBefore: 0 };

  constructor(
    private readonly line: Line,
    asked: Asked,
    private readonly chance: () => number = Math.random,
  ) {
    this.asked = { ...asked };
    this.#ring = new Ring(this.#samples(RING_MS));
  }

  start(now: number): void {
    [this.#refused, this.#failures] = [undefined, 0];
    this.#open(now);
  }

  /** Another token or name: from the next connection on. */
  ask(changes: Partial<Asked>): void {
    this.asked = { ...this.asked, ...changes };
  }

  /** The machine is online again, or the page was asleep: nothing is waited for. */
  hurry(now: number): void {
    if (this.#phase === "waiting") this.#open(now);
    // An answer is asked for at once: the connection may be gone without having said so.
    else if (this.#phase === "live") this.#askClock(now);
  }

  opened(now: number): void {
    const { stage, token, name, format } = this.asked;
    const session = this.#welcome?.session ?? this.asked.session;
    this.line.send(JSON.stringify({ type: "hello", protocol: 1, stage, token, name, format, clock_ms: now, session }));
  }

  closed(now: number): void {
    if (this.#phase === "connecting" || this.#phase === "live") this.#later(now);
  }

  heard(text: string, now: number): void {
    const message = fromServer(text);
    this.#heardAt = now;
    if (message === undefined) return;
    if (message.type === "welcome") this.#welcomed(message, now);
    else if (message.type === "refused") this.#refuse(message, now);
    else if (this.#phase === "live") this.#told(message, now);
  }

  /** Some sound: numbered, kept, and sent where it can be. */
  sound(it: { samples: number; capturedMs: number; clipped: boolean; payload: Uint8Array }): void {
    if (this.#phase === "off" || this.#phase === "refused" || this.#isMuted) return;
    const { samples, capturedMs, clipped, payload } = it;
    const gone = this.#ring.push({ number: this.#number, first: this.#sample, samples, capturedMs, clipped, payload, ...(this.#before ? { before: this.#before } : {}) });
    this.#before = undefined;
    this.#number += 1;
    this.#sample += samples;
    for (const kept of gone) {
      if (this.#phase !== "live") this.#gone += kept.samples;
      else if (kept.number >= this.#cursor) this.#lost += kept.samples;
    }
    this.#pump();
  }

  /** So much was never captured. */
  missed(ms: number, why: LostBy): void {
    if (this.#phase === "off" || this.#phase === "refused" || this.#isMuted) return;
    const samples = this.#samples(ms);
    this.#sample += samples;
    this.#lost += samples;
    const before = this.#before?.lost?.samples ?? 0;
    this.#before = { ...this.#before, lost: { samples: before + samples, why } };
  }

  mute(muted: boolean): void {
    if (muted === this.#isMuted) return;
    this.#isMuted = muted;
    if (!muted) this.#before = { ...this.#before, muted: true };
    this.#pump();
  }

  /** For operators; at most twice a second. */
  level(peakDb: number, clipped: number): void {
    if (this.#phase === "live") this.#say({ type: "level", peak_db: peakDb, clipped });
  }

  tick(now: number): void {
    if (this.#phase === "waiting" && now >= this.#retryAt) return this.#open(now);
    const since = this.#phase === "live" ? this.#heardAt : this.#openedAt;
    if ((this.#phase === "live" || this.#phase === "connecting") && now - since > SILENT_MS) {
      this.line.close();
      return this.#later(now);
    }
    if (this.#phase !== "live") return;
    const due = this.#clocks < CLOCK_FIRST ? CLOCK_FIRST_MS : CLOCK_MS;
    if (now - this.#clockAt >= due) this.#askClock(now);
    this.#pump();
  }

  /** The speaker leaves: the place is free at once. */
  bye(): void {
    if (this.#phase === "live") this.#say({ type: "bye" });
    this.line.close();
    this.#phase = "off";
    this.#forget();
  }

  standing(): Standing {
    const best = this.#offset.best(this.#clockAt);
    const unsent = this.#number - Math.max(this.#cursor, this.#ring.oldest?.number ?? this.#number);
    const unsentMs = this.#ring.samples === 0 ? 0 : this.#ms(unsent * (this.#ring.oldest?.samples ?? 0));
    const isLive = this.#phase === "live";
    return {
      phase: this.#phase,
      wasLive: this.#welcome !== undefined,
      refused: this.#refused,
      session: this.#welcome?.session,
      name: this.#welcome?.name,
      track: this.#welcome?.track,
      state: this.#state,
      delayMs: isLive ? unsentMs + this.#atServer.waiting + (best?.error_ms ?? 0) : undefined,
      lostMs: this.#ms(this.#lost + this.#gone) + this.#atServer.droppedBefore + this.#atServer.dropped,
    };
  }

  #open(now: number): void {
    [this.#phase, this.#openedAt] = ["connecting", now];
    this.line.open();
  }

  #later(now: number): void {
    const wait = jitter(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures), this.chance());
    [this.#phase, this.#retryAt] = ["waiting", now + wait];
    this.#failures += 1;
  }

  #refuse(refused: Refused, now: number): void {
    this.#refused = refused;
    this.line.close();
    if (refused.retry) return this.#later(now);
    this.#phase = "refused";
    this.#forget();
  }

  /** What follows is another session. */
  #forget(): void {
    this.#welcome = undefined;
    delete this.asked.session;
    this.#ring.dropBefore(this.#number);
    [this.#before, this.#gone, this.#toldMuted] = [undefined, 0, false];
    this.#keepDropped();
  }

  #keepDropped(): void {
    this.#atServer = { waiting: 0, dropped: 0, droppedBefore: this.#atServer.droppedBefore + this.#atServer.dropped };
  }

  #welcomed(welcome: Welcome, now: number): void {
    const oldest = this.#ring.oldest;
    if (welcome.resumed) {
      // An earlier life of the page has sent what comes before number 0.
      if (this.#welcome === undefined) this.#base = { number: -welcome.next_sequence, sample: -welcome.next_sample };
      const next = this.#base.number + welcome.next_sequence;
      this.#ring.dropBefore(next);
      this.#cursor = Math.max(next, this.#ring.oldest?.number ?? next);
      const isCut = this.#ring.oldest !== undefined && this.#ring.oldest.number > next;
      // What lies between is missing, but for what was never captured, which is counted already.
      if (isCut) this.#lost += Math.min(this.#gone, this.#ring.oldest!.first - this.#base.sample - welcome.next_sample);
    } else {
      this.#lost += this.#gone;
      this.#base = { number: oldest?.number ?? this.#number, sample: oldest?.first ?? this.#sample };
      this.#cursor = this.#base.number;
      // What was missing before it was missing in another session.
      if (oldest) delete oldest.before;
      this.#toldMuted = false;
      this.#offset.clear();
      this.#keepDropped();
    }
    // A little less than the server allows: its clock may be faster.
    this.#ring.most = this.#samples(welcome.ring_ms * 0.95);
    [this.#phase, this.#welcome, this.#refused, this.#failures, this.#gone, this.#clocks] = ["live", welcome, undefined, 0, 0, 0];
    this.#askClock(now);
    this.#pump();
  }

  #told(message: Exclude<FromServer, { type: "welcome" | "refused" }>, now: number): void {
    if (message.type === "ack") {
      this.#ring.dropBefore(this.#base.number + message.next_sequence);
      this.#state = message.state;
      this.#atServer.waiting = message.waiting_ms;
      this.#atServer.dropped = message.dropped_ms;
      this.#pump();
    } else if (message.type === "clock") {
      this.#offset.exchanged(message.client_ms, now, message.server_ms);
      const best = this.#offset.best(now);
      if (best) this.#say({ type: "offset", ...best });
    } else if (this.#welcome) {
      this.#welcome = { ...this.#welcome, name: message.name };
    }
  }

  #askClock(now: number): void {
    [this.#clockAt, this.#clocks] = [now, this.#clocks + 1];
    this.#say({ type: "clock", client_ms: now });
  }

  /** Sends what is due, in order, as far as the line takes it. */
  #pump(): void {
    if (this.#phase !== "live") return;
    this.#cursor = Math.max(this.#cursor, this.#ring.oldest?.number ?? this.#cursor);
    for (;;) {
      const it = this.#ring.at(this.#cursor);
      if (it === undefined || this.line.waiting() > MOST_WAITING) break;
      const { lost, muted } = it.before ?? {};
      // A pause that the server has not heard of would be a gap.
      if (muted && !this.#toldMuted) this.#say({ type: "mute", muted: true });
      if (muted || this.#toldMuted) this.#say({ type: "mute", muted: false });
      this.#toldMuted = false;
      if (lost) this.#say({ type: "gap", ...lost });
      const { clipped, capturedMs, payload } = it;
      this.line.send(soundMessage({ clipped, capturedMs, sequence: it.number - this.#base.number, first: it.first - this.#base.sample }, payload));
      this.#cursor += 1;
    }
    if (this.#isMuted && !this.#toldMuted && this.#ring.at(this.#cursor) === undefined) {
      this.#toldMuted = true;
      this.#say({ type: "mute", muted: true });
    }
  }

  #say(message: object): void {
    this.line.send(JSON.stringify(message));
  }

  #samples(ms: number): number {
    return Math.round((ms * this.asked.format.rate) / 1000);
  }

  #ms(samples: number): number {
    return (samples / this.asked.format.rate) * 1000;
  }
}
