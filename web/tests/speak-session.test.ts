// The speaker's side of the protocol, against a server made of plain values: nothing is doubled, and what is lost is told.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Session, type Asked, type Line } from "../src/speak-session.ts";
import { fromServer, soundMessage, toS16 } from "../src/speak-wire.ts";

const FRAME = 320;
const WELCOME = { type: "welcome", session: "s1", stage: "panel", slot: 1, track: "words", name: "Ada", resumed: false, next_sequence: 0, next_sample: 0, ring_ms: 1_000 };

/** A line that keeps what was sent. */
class Sent implements Line {
  texts: Record<string, unknown>[] = [];
  sound: { sequence: number; first: number; captured: number; clipped: boolean }[] = [];
  /** All in order: the types of texts, the sequence numbers of sound. */
  order: (string | number)[] = [];
  opened = 0;
  closed = 0;
  stuck = 0;
  open(): void {
    this.opened += 1;
  }
  close(): void {
    this.closed += 1;
  }
  waiting(): number {
    return this.stuck;
  }
  send(data: string | Uint8Array): void {
    if (typeof data === "string") {
      const text = JSON.parse(data) as Record<string, unknown>;
      this.texts.push(text);
      if (text.type !== "clock" && text.type !== "offset") this.order.push(String(text.type) + (text.type === "mute" ? `:${String(text.muted)}` : ""));
      return;
    }
    const view = new DataView(data.buffer);
    const sequence = view.getUint32(4, true);
    this.sound.push({ sequence, first: Number(view.getBigUint64(8, true)), captured: view.getFloat64(16, true), clipped: view.getUint8(1) === 1 });
    this.order.push(sequence);
  }
  clear(): void {
    [this.texts, this.sound, this.order] = [[], [], []];
  }
}

function begun(asked: Partial<Asked> = {}): { line: Sent; session: Session; speak(frames: number): void } {
  const line = new Sent();
  const session = new Session(line, { stage: "panel", token: "secret", format: { codec: "pcm_s16le", rate: 16_000 }, ...asked }, () => 0);
  let at = 0;
  const speak = (frames: number): void => {
    for (let times = 0; times < frames; times++) session.sound({ samples: FRAME, capturedMs: (at += 20), clipped: false, payload: new Uint8Array(2 * FRAME) });
  };
  session.start(0);
  session.opened(0);
  return { line, session, speak };
}

const welcome = (changes: object = {}): string => JSON.stringify({ ...WELCOME, ...changes });
const ack = (next: number, changes: object = {}): string => JSON.stringify({ type: "ack", next_sequence: next, waiting_ms: 0, dropped_ms: 0, state: "ready", ...changes });

describe("a session", () => {
  it("says hello first, and sends what was said before the answer in order", () => {
    const { line, session, speak } = begun();
    speak(3);
    assert.deepEqual(line.order, ["hello"]);
    assert.deepEqual(line.texts[0], { type: "hello", protocol: 1, stage: "panel", token: "secret", format: { codec: "pcm_s16le", rate: 16_000 }, clock_ms: 0 });
    session.heard(welcome(), 10);
    speak(1);
    assert.deepEqual(line.sound.map((it) => [it.sequence, it.first, it.captured]), [[0, 0, 20], [1, 320, 40], [2, 640, 60], [3, 960, 80]]);
    const { phase, name, track, lostMs } = session.standing();
    assert.deepEqual([phase, name, track, lostMs], ["live", "Ada", "words", 0]);
  });

  it("resumes where the server is, and doubles nothing", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    speak(10);
    session.heard(ack(4), 200);
    session.closed(300);
    speak(5);
    assert.equal(session.standing().phase, "waiting");
    session.tick(700);
    assert.equal(line.opened, 1, "not before its time");
    session.tick(801);
    assert.equal(line.opened, 2);
    line.clear();
    session.opened(810);
    assert.equal(line.texts[0]!.session, "s1");
    session.heard(welcome({ resumed: true, next_sequence: 7, next_sample: 7 * FRAME }), 820);
    assert.deepEqual(line.sound.map((it) => it.sequence), [7, 8, 9, 10, 11, 12, 13, 14]);
    assert.equal(session.standing().lostMs, 0);
  });

  it("goes on with the oldest that it has where the ring did not reach, and knows how much was lost", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    speak(10);
    session.heard(ack(10), 200);
    session.closed(300);
    // 4 s, of which the ring keeps 950 ms.
    speak(200);
    session.tick(900);
    line.clear();
    session.opened(910);
    session.heard(welcome({ resumed: true, next_sequence: 10, next_sample: 10 * FRAME }), 920);
    const first = line.sound[0]!;
    assert.deepEqual([first.sequence, first.first], [210 - 47, (210 - 47) * FRAME], "numbers go on: the jump is the gap");
    assert.equal(line.sound.length, 47);
    assert.equal(session.standing().lostMs, (200 - 47) * 20);
  });

  it("begins at 0 again where the server does not know the session any more", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    speak(10);
    session.heard(ack(8), 200);
    session.closed(300);
    session.tick(900);
    line.clear();
    session.opened(910);
    session.heard(welcome({ session: "s2" }), 920);
    speak(1);
    assert.deepEqual(line.sound.map((it) => [it.sequence, it.first]), [[0, 0], [1, 320], [2, 640]], "what was not acknowledged is sent again");
    session.closed(1_000);
    session.tick(2_000);
    session.opened(2_000);
    assert.equal(line.texts.at(-1)!.session, "s2");
  });

  it("of a page that was loaded anew goes on behind what its earlier life has sent", () => {
    const { line, session, speak } = begun({ session: "old" });
    assert.equal(line.texts[0]!.session, "old");
    session.missed(1_000, "device");
    speak(1);
    session.heard(welcome({ session: "old", resumed: true, next_sequence: 50, next_sample: 16_000 }), 10);
    speak(1);
    assert.deepEqual(line.order, ["hello", "gap", 50, 51]);
    assert.deepEqual(line.sound.map((it) => it.first), [32_000, 32_320]);
    assert.deepEqual(line.texts.find((it) => it.type === "gap"), { type: "gap", samples: 16_000, why: "device" });
  });

  it("tells a loss of the device before the next sound, once", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    speak(1);
    session.missed(500, "device");
    session.missed(500, "device");
    speak(2);
    assert.deepEqual(line.order, ["hello", 0, "gap", 1, 2]);
    assert.deepEqual(line.sound.map((it) => it.first), [0, 320 + 16_000, 640 + 16_000]);
    assert.equal(session.standing().lostMs, 1_000);
  });

  it("tells that it is muted behind the last sound, and that is no loss", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    line.stuck = 1e9;
    speak(2);
    session.mute(true);
    speak(50);
    session.missed(1_000, "device");
    assert.deepEqual(line.order, ["hello"], "the line takes nothing now");
    line.stuck = 0;
    session.tick(100);
    assert.deepEqual(line.order, ["hello", 0, 1, "mute:true"]);
    session.mute(false);
    speak(1);
    assert.deepEqual(line.order, ["hello", 0, 1, "mute:true", "mute:false", 2]);
    assert.equal(session.standing().lostMs, 0);
  });

  it("tells of a pause that was over before the line took anything", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    line.stuck = 1e9;
    speak(1);
    session.mute(true);
    session.mute(false);
    speak(1);
    line.stuck = 0;
    session.tick(100);
    assert.deepEqual(line.order, ["hello", 0, "mute:true", "mute:false", 1]);
  });

  it("lets a line that is too slow hold no more than a little, and gives up the oldest", () => {
    const { line, session, speak } = begun();
    session.heard(welcome(), 10);
    speak(1);
    line.stuck = 64_001;
    speak(100);
    assert.equal(line.sound.length, 1);
    line.stuck = 0;
    session.tick(100);
    assert.equal(line.sound[1]!.sequence, 101 - 47);
    assert.equal(session.standing().lostMs, (101 - 47 - 1) * 20);
  });

  it("closes a line that is silent, and tries again, at first at once and later every 2 s", () => {
    const { line, session } = begun();
    session.heard(welcome(), 10);
    session.tick(8_000);
    assert.equal(session.standing().phase, "live");
    session.tick(8_011);
    assert.deepEqual([session.standing().phase, line.closed], ["waiting", 1]);
    const waits: number[] = [];
    let now = 8_011;
    for (let times = 0; times < 6; times++) {
      const before = now;
      while (session.standing().phase === "waiting") session.tick((now += 10));
      waits.push(now - before);
      session.closed(now);
    }
    assert.deepEqual(waits.map((it) => Math.round(it / 100) / 10), [0.5, 1, 2, 2, 2, 2]);
    session.hurry(now);
    assert.equal(session.standing().phase, "connecting", "the machine is online again");
  });

  it("stops where trying again helps nobody, and tries where it does", () => {
    const refused = (code: string, retry: boolean): string => JSON.stringify({ type: "refused", code, message: "why", retry });
    const { line, session, speak } = begun();
    session.heard(refused("full", true), 10);
    session.closed(11);
    assert.deepEqual([session.standing().phase, session.standing().refused?.code], ["waiting", "full"]);
    session.tick(5_000);
    session.opened(5_000);
    session.heard(refused("token", false), 5_010);
    session.closed(5_011);
    session.tick(100_000);
    speak(1);
    assert.deepEqual([session.standing().phase, line.opened], ["refused", 2]);
    session.ask({ token: "better" });
    session.start(100_000);
    session.opened(100_000);
    assert.equal(line.texts.at(-1)!.token, "better");
    session.heard(welcome(), 100_010);
    assert.equal(session.standing().refused, undefined);
  });

  it("measures the server's clock, and tells it the difference with its error", () => {
    const { line, session } = begun();
    session.heard(welcome(), 100);
    assert.deepEqual(line.texts.at(-1), { type: "clock", client_ms: 100 });
    session.heard(JSON.stringify({ type: "clock", client_ms: 100, server_ms: 5_000 }), 104);
    const offset = line.texts.at(-1) as { type: string; ms: number; error_ms: number };
    assert.deepEqual([offset.type, offset.ms, offset.error_ms], ["offset", 4_898, 2]);
  });

  it("takes a new name and the state from the server, and frees its place when it leaves", () => {
    const { line, session } = begun();
    session.heard(welcome(), 10);
    session.heard(JSON.stringify({ type: "renamed", name: "Ada Lovelace" }), 20);
    session.heard(ack(0, { waiting_ms: 300, dropped_ms: 40, state: "waiting" }), 30);
    const { name, state, delayMs, lostMs } = session.standing();
    assert.deepEqual([name, state, delayMs, lostMs], ["Ada Lovelace", "waiting", 300, 40]);
    session.bye();
    assert.deepEqual([line.order.at(-1), line.closed, session.standing().phase], ["bye", 1, "off"]);
  });
});

describe("messages", () => {
  it("of sound have the head that docs/ingest.md describes", () => {
    const bytes = soundMessage({ clipped: true, sequence: 0x01020304, first: 2 ** 33 + 5, capturedMs: 1.5 }, new Uint8Array([9, 8]));
    assert.deepEqual([...bytes], [1, 1, 0, 0, 4, 3, 2, 1, 5, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 9, 8]);
  });

  it("hold samples as 16 bits, and what is beyond full scale at full scale", () => {
    assert.deepEqual([...new Int16Array(toS16(new Float32Array([0, 1, -1, 2, -2, 0.5])).buffer)], [0, 32_767, -32_767, 32_767, -32_768, 16_384]);
  });

  it("of another shape are none", () => {
    for (const text of ["", "[]", "null", "{}", '{"type":"ack"}', '{"type":"toString"}', '{"type":"renamed","name":1}', '{"type":"refused","code":"full","message":"x"}']) {
      assert.equal(fromServer(text), undefined, text);
    }
    assert.equal(fromServer('{"type":"renamed","name":"x","more":1}')?.type, "renamed");
  });
});
