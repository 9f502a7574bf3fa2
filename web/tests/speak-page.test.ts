// What the speakers' page says and keeps, and what operators see of speakers: decided without a page.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { speakerRows } from "../src/operator-speaker-rows.ts";
import { heldAt, linkFor, linkIn } from "../src/speak-link.ts";
import { codecFor } from "../src/speak-server.ts";
import type { Standing } from "../src/speak-session.ts";
import { decibels, deviceAfter, Hearing, status, trouble, type Facts } from "../src/speak-trouble.ts";

describe("a link", () => {
  it("carries a token, a stage and a name behind #, whatever is in them", () => {
    const link = { token: "a+b/=&#%", stage: "panel", name: "Ada & Grace ☎" };
    const address = linkFor("https://talk.example/captions/operator", link);
    assert.ok(address.startsWith("https://talk.example/captions/speak#token="), address);
    assert.deepEqual(linkIn(new URL(address).hash), link);
    assert.equal(linkFor("https://talk.example/", { token: "t" }), "https://talk.example/speak#token=t");
  });

  it("is none without any of these, and is read even where it is badly written", () => {
    assert.equal(linkIn(""), undefined);
    assert.equal(linkIn("#other=1"), undefined);
    assert.deepEqual(linkIn("#name=%zz&other=1"), { name: "%zz" });
    assert.equal(linkIn(`#token=${"x".repeat(9_999)}`)!.token!.length, 500);
  });

  it("is kept with its session for a minute, and alone for longer", () => {
    const stored = JSON.stringify({ token: "t", session: "s", speaking: true, muted: true, left: 1_000 });
    assert.deepEqual(heldAt(stored, 2_000), { token: "t", session: "s", speaking: true, muted: true, left: 1_000 });
    assert.deepEqual(heldAt(stored, 61_000), { token: "t" });
    assert.deepEqual(heldAt(stored, 0), { token: "t" }, "from the future");
    assert.deepEqual(heldAt(JSON.stringify({ session: "s", left: 1_000 }), 2_000), {}, "it had stopped");
    for (const broken of [undefined, "", "{", "[]"]) assert.deepEqual(heldAt(broken, 0), {});
  });
});

it("Opus is taken where both sides can, unless something else is chosen", () => {
  const all = ["pcm_s16le", "pcm_f32le", "opus"];
  assert.equal(codecFor("auto", all, true), "opus");
  assert.equal(codecFor("auto", all, false), "pcm_s16le");
  assert.equal(codecFor("auto", [], true), "opus", "a server that does not tell");
  assert.equal(codecFor("auto", ["pcm_s16le"], true), "pcm_s16le");
  assert.equal(codecFor("pcm_s16le", all, true), "pcm_s16le");
  assert.equal(codecFor("pcm_s16le", ["opus"], true), "opus", "a choice that the server does not take");
  assert.equal(codecFor("opus", ["opus"], false), undefined);
});

describe("what is wrong", () => {
  const live: Standing = { phase: "live", wasLive: true, refused: undefined, session: "s", name: "Ada", track: "words", state: "ready", delayMs: 0, lostMs: 0 };
  const fine: Facts = { device: "open", shared: false, muted: false, switchedOff: false, stopped: false, silent: false, clipped: false, hiddenMs: 0, standing: live };
  const told = (changes: Partial<Facts>): string | undefined => trouble({ ...fine, ...changes })?.key;
  const refused = (code: string): Standing => ({ ...live, phase: "refused", refused: { code, message: "because", retry: false } });

  it("is nothing where all is well, or where it is muted on purpose", () => {
    assert.equal(told({}), undefined);
    assert.equal(told({ muted: true, silent: true, clipped: true }), undefined);
    assert.equal(told({ device: "none", standing: undefined }), undefined);
    assert.equal(told({ shared: true, silent: true }), undefined, "a tab may be silent");
  });

  it("is told in the order of how much it stops", () => {
    const all: Partial<Facts> = { clipped: true, silent: true, switchedOff: true, stopped: true, hiddenMs: 900 };
    assert.equal(told({ ...all, device: "denied", standing: refused("token") }), "speak.wrong.denied");
    assert.equal(told({ ...all, standing: refused("token") }), "speak.refused.token");
    assert.equal(told({ ...all, standing: { ...live, phase: "waiting" } }), "speak.wrong.cut");
    assert.equal(told({ ...all, standing: { ...live, phase: "waiting", wasLive: false } }), "speak.wrong.away");
    assert.equal(told(all), "speak.wrong.stopped");
    assert.equal(told({ ...all, stopped: false }), "speak.wrong.off");
    assert.equal(told({ ...all, stopped: false, switchedOff: false }), "speak.wrong.silent");
    assert.equal(told({ clipped: true, hiddenMs: 900 }), "speak.wrong.clipped");
    assert.deepEqual(trouble({ ...fine, hiddenMs: 900 }), { key: "speak.wrong.hidden", values: { seconds: 1 } });
  });

  it("is the server's own words where it is not known here", () => {
    assert.deepEqual(trouble({ ...fine, standing: refused("too-fast") }), { key: "speak.refused.other", values: { why: "because" } });
    assert.equal(trouble({ ...fine, standing: refused("constructor") })?.key, "speak.refused.other");
    assert.deepEqual(trouble({ ...fine, device: { failed: "odd" } }), { key: "speak.wrong.failed", values: { why: "odd" } });
  });

  it("of a device follows from what the browser fails with", () => {
    const of = (name: string) => deviceAfter(Object.assign(new Error("odd"), { name }));
    assert.deepEqual(["NotAllowedError", "NotFoundError", "NotReadableError", "AbortError", "TypeError"].map(of), ["denied", "missing", "busy", "busy", { failed: "odd" }]);
  });

  it("has a short status", () => {
    const short = (changes: Partial<Facts>): string => status({ ...fine, ...changes });
    assert.equal(short({}), "status.live");
    assert.equal(short({ muted: true }), "speak.status.muted");
    assert.equal(short({ standing: { ...live, state: "waiting" } }), "speak.status.queued");
    assert.equal(short({ standing: { ...live, state: "paused" } }), "status.paused");
    assert.equal(short({ standing: refused("ended") }), "status.ended");
    assert.equal(short({ device: "opening", standing: undefined }), "speak.status.asking");
    assert.equal(short({ device: "none", standing: undefined }), "speak.status.off");
  });
});

describe("a level", () => {
  it("is silent only after seconds, and not after one sound", () => {
    const hearing = new Hearing();
    for (let now = 0; now <= 5_000; now += 100) hearing.heard(0.0001, 0, now);
    assert.equal(hearing.isSilent(4_900), false);
    assert.equal(hearing.isSilent(5_000), true);
    hearing.heard(0.01, 0, 5_100);
    assert.equal(hearing.isSilent(60_000), false);
  });

  it("clips where it does so again and again", () => {
    const hearing = new Hearing();
    hearing.heard(1, 5, 0);
    hearing.heard(1, 5, 100);
    assert.equal(hearing.isClipped(100), false);
    hearing.heard(1, 5, 200);
    assert.equal(hearing.isClipped(200), true);
    assert.equal(hearing.isClipped(3_300), false);
    hearing.heard(1, 5, 9_000);
    assert.equal(hearing.isClipped(9_000), false, "long ago does not count");
  });

  it("is in dB of full scale", () => {
    assert.deepEqual([decibels(1), decibels(0.1), decibels(0)], [0, -20, Number.NEGATIVE_INFINITY]);
  });
});

it("operators see who is there, and the links that nobody uses", () => {
  const speaker = { name: "Ada", link: 7, connected: true, muted: false, codec: "opus", rate: 48_000, peak_db: -12.4, clipped: 0 };
  const place = { stage: "panel", slot: 1, track: "words.1", waiting_ms: 40, dropped_ms: 0, speaker };
  const links = [{ id: 7, stage: "panel", name: "Ada" }, { id: 9, stage: "panel", name: "Grace" }];
  const places = [
    place,
    { ...place, slot: 2, track: "words.2", dropped_ms: 1_500, speaker: { ...speaker, name: "Edsger", link: null, codec: "pcm_s16le", rate: 16_000, clipped: 3 } },
    { ...place, slot: 3, track: null, speaker: null },
    { ...place, slot: 4, speaker: { ...speaker, name: "Alan", link: null, connected: false } },
  ];
  const rows = speakerRows({ places, links }, new Set(["words.2"]));
  assert.deepEqual(rows.map((it) => [it.link?.id, it.isThere, ...it.cells]), [
    [7, true, "panel 1", "Ada", "speaking", "−12 dB", "40 ms", "0 ms", "Opus"],
    [undefined, true, "panel 2", "Edsger", "waits for a recogniser", "−12 dB, clipped", "40 ms", "1.5 s", "PCM, 16 kHz"],
    [undefined, false, "panel 4", "Alan", "connection lost", "–", "40 ms", "0 ms", "Opus"],
    [9, false, "panel", "Grace", "not here", "–", "–", "–", "–"],
  ]);
});
