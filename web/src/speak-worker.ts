// The worker of a speaker's page: takes frames from the audio thread, packs them, and owns the websocket and the session.
import { CaptureClock, hole } from "./speak-clock.ts";
import { FRAME_MS } from "./speak-cut.ts";
import { OpusPacker } from "./speak-opus.ts";
import type { ToPage, ToWorker } from "./speak-orders.ts";
import { Session, type Line, type Standing } from "./speak-session.ts";
import { toS16, type LostBy } from "./speak-wire.ts";
import type { Framed } from "./speak-worklet.ts";

/** What TypeScript's DOM library lacks of a worker. */
const scope = self as unknown as { postMessage(it: ToPage): void; onmessage: ((event: MessageEvent<ToWorker>) => void) | null };

const TICK_MS = 100;
const LEVEL_MS = 600;
/** A shorter break between two devices is not told. */
const BREAK_MS = 100;

interface Facts {
  samples: number;
  capturedMs: number;
  clipped: boolean;
  missed: { ms: number; why: LostBy } | undefined;
}

let session: Session | undefined;
let packer: OpusPacker<Facts> | undefined;
let port: MessagePort | undefined;
let latencyMs = 0;
const clock = new CaptureClock();
let last: { wall: number; arrived: number } | undefined;
/** When the last frame of the device before came. */
let broken: number | undefined;
let missed: Facts["missed"];
let missedMs = 0;
let isMuted = false;
let isHeld = false;
let shown = "";
/** Of what the page and the server have not been told yet. */
let [peak, clipped, serverPeak, serverClipped, serverAt] = [0, 0, 0, 0, 0];
let timer: ReturnType<typeof setInterval> | undefined;

scope.onmessage = ({ data, ports }) => {
  if (data.type === "start") start(data);
  else if (data.type === "device") follow(ports[0]!, data.latencyMs);
  else if (data.type === "gone") unfollow();
  else if (data.type === "hold") hold(data.isHeld);
  else if (data.type === "mute") session?.mute((isMuted = data.muted));
  else if (data.type === "hurry") session?.hurry(performance.now());
  else bye();
  show();
};

function start({ url, asked, since }: Extract<ToWorker, { type: "start" }>): void {
  bye();
  // What was before it is no part of it.
  [broken, last] = [undefined, undefined];
  const line = websocket(url);
  const made = new Session(line, asked);
  session = made;
  if (asked.format.codec === "opus") packer = new OpusPacker(pass, (error) => scope.postMessage({ type: "codec", why: String(error) }));
  made.mute(isMuted);
  made.start(performance.now());
  if (since !== undefined) miss(Math.max(0, Date.now() - since), "device");
  timer = setInterval(tick, TICK_MS);
}

function bye(): void {
  clearInterval(timer);
  session?.bye();
  packer?.close();
  [session, packer, missed, missedMs, shown] = [undefined, undefined, undefined, 0, ""];
}

/** A websocket whose messages reach the session that is current; a new one silences the one before. */
function websocket(url: string): Line {
  let socket: WebSocket | undefined;
  const mine = (it: WebSocket): Session | undefined => (it === socket ? session : undefined);
  return {
    open() {
      this.close();
      const it = new WebSocket(url);
      it.binaryType = "arraybuffer";
      socket = it;
      it.onopen = () => mine(it)?.opened(performance.now());
      it.onmessage = ({ data }) => {
        if (typeof data === "string") mine(it)?.heard(data, performance.now());
        show();
      };
      it.onclose = () => {
        mine(it)?.closed(performance.now());
        show();
      };
    },
    close() {
      const it = socket;
      socket = undefined;
      it?.close();
    },
    send(data) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(data);
    },
    waiting: () => socket?.bufferedAmount ?? 0,
  };
}

function follow(frames: MessagePort, latency: number): void {
  unfollow();
  [port, latencyMs, isHeld] = [frames, latency, false];
  frames.onmessage = ({ data }: MessageEvent<Framed>) => frame(data);
}

function unfollow(): void {
  port?.close();
  port = undefined;
  broken = last?.arrived ?? broken;
  last = undefined;
  clock.clear();
}

function hold(isSo: boolean): void {
  isHeld = isSo;
  if (!isHeld) return;
  broken = last?.arrived ?? broken;
  last = undefined;
}

function frame(it: Framed): void {
  if (isHeld) return;
  const arrived = performance.now();
  if (broken !== undefined && arrived - broken - FRAME_MS >= BREAK_MS) miss(arrived - broken - FRAME_MS, "device");
  broken = undefined;
  const stood = last === undefined ? 0 : hole(it.wall - last.wall, arrived - last.arrived, FRAME_MS);
  last = { wall: it.wall, arrived };
  if (stood > 0) {
    clock.clear();
    miss(stood, "device");
  }
  const capturedMs = clock.captured(it.endMs, it.givenMs, arrived) - latencyMs;
  peak = Math.max(peak, it.peak);
  clipped += it.clipped;
  if (session === undefined || isMuted) return;
  const facts: Facts = { samples: it.samples.length, capturedMs, clipped: it.clipped > 0, missed };
  missed = undefined;
  if (packer === undefined) pass(toS16(it.samples), facts, 0);
  else if (!packer.put(it.samples, facts)) {
    missed = facts.missed;
    miss(FRAME_MS, "overload");
  }
}

/** What was said before a loss is still in the encoder: so the loss goes with the next frame. */
function miss(ms: number, why: LostBy): void {
  if (isMuted || session === undefined) return;
  missedMs += ms;
  missed = { ms: (missed?.ms ?? 0) + ms, why };
}

function pass(payload: Uint8Array, { samples, capturedMs, clipped: isClipped, missed: before }: Facts, delay: number): void {
  if (before) session?.missed(before.ms, before.why);
  session?.sound({ samples, payload, clipped: isClipped, capturedMs: capturedMs - delay });
}

function tick(): void {
  const now = performance.now();
  session?.tick(now);
  scope.postMessage({ type: "level", peak, clipped });
  [serverPeak, serverClipped] = [Math.max(serverPeak, peak), serverClipped + clipped];
  [peak, clipped] = [0, 0];
  if (!isMuted && last !== undefined && now - serverAt >= LEVEL_MS) {
    session?.level(Math.max(-120, Math.round(20 * Math.log10(Math.max(serverPeak, 1e-6)))), serverClipped);
    [serverPeak, serverClipped, serverAt] = [0, 0, now];
  }
  show();
}

/** Tells the page what has changed. */
function show(): void {
  if (session === undefined) return;
  const standing: Standing = session.standing();
  // To a tenth of a second: more is not shown.
  const delayMs = standing.delayMs === undefined ? undefined : Math.round(standing.delayMs / 100) * 100;
  const it: ToPage = { type: "standing", standing: { ...standing, delayMs }, missedMs };
  const now = JSON.stringify(it);
  if (now !== shown) scope.postMessage(it);
  shown = now;
}
