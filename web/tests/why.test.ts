// What a page says that has nothing to show, and what it says beside captions.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { transcript } from "../src/download.ts";
import { action, SHORTCUTS } from "../src/keys.ts";
import { SILENT_MS, silenceTold, silentSince } from "../src/silence.ts";
import { inFragment } from "../src/token.ts";
import { behind, shownStatus, why, type Facts } from "../src/why.ts";

const stage = (state: string, reason?: string, kind = "microphone") => ({ name: "mic", kind, state, ...(reason === undefined ? {} : { why: reason }) });
const facts = (changes: Partial<Facts> = {}, stages = [stage("running")], paused = false): Facts => ({
  status: "live",
  tracks: 1,
  missing: [],
  state: { lag_ms: null, paused, stages },
  ...changes,
});

describe("a page that has nothing to show", () => {
  it("says why", () => {
    const cases: [Facts, RegExp, boolean][] = [
      [facts({ status: "connecting", tracks: undefined, state: undefined }), /^Connecting/, false],
      [facts({ status: "waiting" }), /will begin soon/, false],
      [facts({ status: "reconnecting" }), /connection is lost/, false],
      [facts({ status: "ended" }), /have ended/, false],
      [facts({ status: "full" }), /full/, true],
      [facts({ status: "unauthorized" }), /token/, false],
      [facts({ status: "guessed" }), /wrong tokens.*again/, true],
      [facts({ status: "foreign" }), /cannot be read at this address/, true],
      [facts({ state: undefined }), /Listening/, false],
      [facts(), /Listening/, false],
      [facts({ tracks: 0 }), /as soon as there are some/, false],
      [facts({}, [stage("starting")]), /will begin soon/, false],
      [facts({}, [stage("degraded", "it was unplugged")]), /stopped for a moment/, true],
      [facts({}, [stage("restarting")]), /stopped for a moment/, true],
      [facts({}, [stage("failed", "no room")]), /have stopped\.$/, true],
      [facts({}, [stage("running"), stage("degraded", "too slow", "whisper")]), /later than usual/, true],
      [facts({}, [stage("running")], true), /Paused/, true],
      [facts({ unread: "zh-TW" }), /Nothing is said here in .+ \(zh-TW\), and nothing is translated to it/, true],
      [facts({ missing: ["hall"] }), /no track here called hall/, true],
    ];
    for (const [known, words, trouble] of cases) {
      const told = why(known);
      assert.match(told.text, words);
      assert.equal(told.isTrouble, trouble, told.text);
    }
  });

  it("waits for a speaker while nobody speaks into a browser", () => {
    const heard = (level_db: number | null, kinds: string[]) =>
      why(facts({ state: { lag_ms: null, paused: false, level_db, stages: kinds.map((kind) => stage("running", undefined, kind)) } })).text;
    assert.match(heard(null, ["browser", "browser", "whisper"]), /Waiting for a speaker/);
    assert.match(heard(-30, ["browser", "browser", "whisper"]), /Listening/);
    assert.match(heard(null, ["browser", "microphone", "whisper"]), /Listening/);
  });

  it("tells readers what it means for them, and keeps what is for operators off the screen", () => {
    for (const state of ["degraded", "restarting", "failed"]) {
      const told = why(facts({}, [stage(state, "there is no microphone: plug one in")]));
      assert.doesNotMatch(told.text, /mic\b|microphone|plug|degraded|restarting/);
      assert.match(told.detail ?? "", /^mic .*plug one in$/);
    }
  });

  it("says nothing of what is no matter of this reader", () => {
    const translator = [stage("running"), stage("degraded", "no answer", "translate")];
    assert.match(why(facts({ translated: true }, translator)).text, /translation has stopped/);
    assert.match(why(facts({ translated: false }, translator)).text, /Listening/);
    for (const kind of ["record", "subtitles", "lines"]) {
      assert.match(why(facts({}, [stage("running"), stage("failed", "the disk is full", kind)])).text, /Listening/, kind);
    }
    assert.match(why(facts({}, [stage("failed", "no file", "lines")])).text, /have stopped/, "lines that are the source");
  });

  it("names what matters most where several things are wrong", () => {
    assert.match(why(facts({ unread: "nl" }, [stage("failed"), stage("starting")])).text, /have stopped/);
    assert.match(why(facts({ unread: "nl" }, [stage("failed")], true)).text, /Paused/);
  });
});

describe("silence", () => {
  it("begins with the first level below the threshold and ends with one above it", () => {
    assert.equal(silentSince(-80, undefined, 100), 100);
    assert.equal(silentSince(-90, 100, 5_100), 100);
    assert.equal(silentSince(-40, 100, 5_200), undefined);
  });

  it("is unknown where no level is reported", () => {
    assert.equal(silentSince(null, 100, 200), undefined);
    assert.equal(silentSince(undefined, undefined, 200), undefined);
  });

  it("is told to operators once it is long", () => {
    assert.equal(silenceTold(undefined, 1e6), undefined);
    assert.equal(silenceTold(100, 99 + SILENT_MS), undefined);
    assert.match(silenceTold(100, 100 + SILENT_MS)!, /switched on/);
  });
});

it("a lag is shown in tenths of a second, and in seconds when it is long", () => {
  assert.deepEqual([0, 320, 1_260, 9_949, 9_950, 61_000].map(behind), ["0.1 s behind", "0.3 s behind", "1.3 s behind", "9.9 s behind", "10 s behind", "61 s behind"]);
});

describe("a token", () => {
  it("comes in the fragment and leaves the rest of it", () => {
    assert.deepEqual(inFragment("#token=s%2Fcret"), { token: "s/cret", rest: "" });
    assert.deepEqual(inFragment("#here&token=x&there"), { token: "x", rest: "#here&there" });
    assert.deepEqual(inFragment("#token=%"), { token: "%", rest: "" });
    assert.equal(inFragment("#tokens=x"), undefined);
    assert.equal(inFragment(""), undefined);
  });
});

describe("a download", () => {
  it("asks for what is read and is called so", () => {
    assert.deepEqual(transcript("srt", undefined, undefined), { path: "api/transcript.srt", name: "captions.srt" });
    assert.deepEqual(transcript("vtt", "pt-BR", "hall 1/2"), { path: "api/transcript.vtt?lang=pt-BR&track=hall+1%2F2", name: "captions-hall-1-2-pt-BR.vtt" });
    assert.equal(transcript("vtt", "nl", undefined, "Q&A: the “new” hall?").name, "Q-A-the-new-hall-nl.vtt");
    assert.equal(transcript("txt", undefined, undefined, "../../etc").name, "etc.txt");
    assert.equal(transcript("txt", undefined, undefined, "会議 2026").name, "会議-2026.txt");
    assert.ok(transcript("txt", undefined, undefined, "a".repeat(500)).name.length < 80);
  });
});

describe("a key", () => {
  const press = (key: string, changes = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, inField: false, ...changes });

  it("does what the list says, whatever its case", () => {
    for (const { keys, action: does } of SHORTCUTS) for (const key of keys) assert.equal(action(press(key), true), does, key);
    assert.equal(action(press("S"), true), "settings");
    assert.equal(action(press("x"), true), undefined);
    const all = SHORTCUTS.flatMap(({ keys }) => keys);
    assert.equal(new Set(all).size, all.length);
  });

  it("is left to the browser, to fields, and to readers who want none", () => {
    assert.equal(action(press("s", { ctrlKey: true }), true), undefined);
    assert.equal(action(press("s", { inField: true }), true), undefined);
    assert.equal(action(press("s"), false), undefined);
    assert.equal(action(press("Escape", { inField: true }), false), "close");
  });
});

describe("the status", () => {
  const mic = (state: string) => ({ kind: "microphone", name: "mic", state });
  const state = (stages: { name: string; kind?: string; state: string }[], paused = false) => ({ lag_ms: null, paused, stages });

  it("is live only where speech can be heard", () => {
    assert.equal(shownStatus("live", undefined), "live");
    assert.equal(shownStatus("live", state([mic("running")])), "live");
    assert.equal(shownStatus("live", state([mic("starting")])), "live");
    assert.equal(shownStatus("live", state([mic("running")], true)), "paused");
    assert.equal(shownStatus("live", state([mic("degraded")])), "soundless");
    assert.equal(shownStatus("live", state([mic("degraded"), mic("running")])), "live");
    assert.equal(shownStatus("live", state([{ kind: "translate", name: "dutch", state: "degraded" }])), "live");
    assert.equal(shownStatus("reconnecting", state([mic("degraded")], true)), "reconnecting");
  });
});
