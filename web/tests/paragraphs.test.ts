// Which segments flow together, and that what stands somewhere stays there.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Row, Segment } from "../src/caption-store.ts";
import { between, goesOn, LONG_CHARACTERS, LONG_S, Paragraphs, PAUSE_S, type Look, type Paragraph, type View } from "../src/paragraphs.ts";

/** mulberry32: the same numbers for the same seed, from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Made extends Segment {
  look: Look;
}

function segment(number: number, changes: Partial<Segment> & Partial<Look> = {}): Made {
  const { text = "A sentence.", settled = true, direction = "ltr", replaced = false, track = "english", speaker, start = number * 3, end = start + 2.5 } = changes;
  return { is: "segment", key: `${track} ${number}`, version: 0, track, speaker, segment: number, start, end, translations: new Map(), look: { text, settled, direction, replaced } };
}
const gap = (start: number, track: string | null = "english"): Row => ({ is: "gap", key: `gap ${start}`, version: 1, track, start, seconds: 1, why: "device" });
const mark = (start: number): Row => ({ is: "mark", key: `mark ${start}`, version: 1, start, text: "Break" });
const view = (changes: Partial<View> = {}): View => ({ flows: true, look: (it) => (it as Made).look, hasSpare: () => false, ...changes });
const told = (all: readonly Paragraph[]): string => all.map((it) => it.rows.map((row) => row.key.replace("english ", "")).join(" ")).join(" | ");
const arranged = (...rows: Row[]): string => told(new Paragraphs().arrange(rows, view()));

describe("a paragraph", () => {
  it("goes on until somebody pauses for longer than between two sentences", () => {
    assert.equal(arranged(segment(1), segment(2), segment(3)), "1 2 3");
    assert.equal(arranged(segment(1, { start: 0, end: 2 }), segment(2, { start: 2 + PAUSE_S, end: 6 }), segment(3, { start: 6 + PAUSE_S + 0.01 })), "1 2 | 3");
  });

  it("ends where another track or somebody else speaks, a gap is, or an operator has marked something", () => {
    assert.equal(arranged(segment(1), segment(1, { track: "hall", start: 4 }), segment(2), segment(3)), "1 | hall 1 | 2 3");
    assert.equal(arranged(segment(1, { speaker: "Ada" }), segment(2, { speaker: "Ada" }), segment(3, { speaker: "Ben" }), segment(4)), "1 2 | 3 | 4");
    assert.equal(arranged(segment(1), gap(5), segment(2), segment(3)), "1 | gap 5 | 2 3");
    assert.equal(arranged(segment(1), mark(5), segment(2)), "1 | mark 5 | 2");
  });

  it("ends with a sentence when it has become long, in time or in characters", () => {
    const slow = Array.from({ length: 30 }, (_, at) => segment(at, { start: at * 10, end: at * 10 + 9.5 }));
    assert.equal(told(new Paragraphs().arrange(slow, view())).split(" | ")[0], "0 1 2 3 4 5");
    assert.ok(LONG_S === 60);
    const wordy = (text: string) => told(new Paragraphs().arrange([1, 2, 3, 4].map((it) => segment(it, { text })), view()));
    assert.equal(wordy(`${"a".repeat(LONG_CHARACTERS / 2 - 1)}.`), "1 2 | 3 4");
    assert.equal(wordy("a".repeat(LONG_CHARACTERS / 2)), "1 2 3 4", "in the middle of a sentence it goes on");
    assert.equal(wordy("a".repeat(LONG_CHARACTERS)), "1 2 | 3 4", "but not for ever");
    for (const end of ["!", "?”", "。", "؟", "।", "…»"]) assert.equal(wordy(`${"a".repeat(LONG_CHARACTERS)}${end}`), "1 | 2 | 3 | 4", end);
  });

  it("is not gone on where words are still guessed before, nor in the other direction", () => {
    assert.equal(arranged(segment(1), segment(2, { settled: false }), segment(3)), "1 2 | 3");
    assert.equal(arranged(segment(1), segment(2, { direction: "rtl" }), segment(3, { direction: "rtl" })), "1 | 2 3");
    assert.ok(!goesOn([segment(1, { settled: false })], segment(2), view()));
  });

  it("has one segment where segments do not flow", () => {
    assert.equal(told(new Paragraphs().arrange([segment(1), segment(2)], view({ flows: false }))), "1 | 2");
  });
});

describe("what stands in a paragraph", () => {
  it("stays in it, though the words before it turn out to be open, or are removed", () => {
    const all = new Paragraphs();
    all.arrange([segment(1), segment(2), segment(3)], view());
    assert.equal(told(all.arrange([segment(1, { settled: false }), segment(2, { end: 0 }), segment(3)], view())), "1 2 3");
    const [rest] = all.arrange([segment(2), segment(3)], view());
    assert.deepEqual([rest!.id, told([rest!])], ["english 1", "2 3"]);
  });

  it("stays in it where another track turns out to have spoken meanwhile, which follows", () => {
    const all = new Paragraphs();
    all.arrange([segment(1), segment(2)], view());
    const hall = segment(1, { track: "hall", start: 4 });
    assert.equal(told(all.arrange([segment(1), hall, segment(2), segment(3)], view())), "1 2 | hall 1 | 3");
  });

  it("is divided by a gap that is told late: the rest of it stays together", () => {
    const all = new Paragraphs();
    all.arrange([segment(1), segment(2), segment(3)], view());
    for (const _ of [1, 2]) assert.equal(told(all.arrange([segment(1), gap(5), segment(2), segment(3)], view())), "1 | gap 5 | 2 3");
    assert.equal(told(all.arrange([segment(1), gap(5, "hall"), segment(2), segment(3)], view())), "1 | gap 5 | 2 3");
  });

  it("begins a paragraph as long as its translation is awaited, and joins the one before it with that", () => {
    const all = new Paragraphs();
    const open = segment(1, { settled: false });
    assert.equal(told(all.arrange([open, segment(2, { settled: false })], view())), "1 | 2");
    assert.equal(told(all.arrange([segment(1), segment(2, { settled: false })], view())), "1 | 2", "until then it stays");
    assert.equal(told(all.arrange([segment(1), segment(2, { replaced: true })], view())), "1 2");
    assert.equal(told(all.arrange([segment(1), segment(2), segment(3)], view())), "1 2 3");
  });

  it("joins it only while that leaves no more than one place empty above what follows", () => {
    const begun = (): Paragraphs => {
      const all = new Paragraphs();
      all.arrange([segment(1, { settled: false }), segment(2, { settled: false }), segment(3, { settled: false })], view());
      return all;
    };
    const rows = [segment(1), segment(2, { replaced: true }), segment(3, { settled: false })];
    assert.equal(told(begun().arrange(rows, view())), "1 2 | 3");
    assert.equal(told(begun().arrange(rows, view({ hasSpare: () => true }))), "1 | 2 | 3");
    assert.equal(told(begun().arrange(rows.slice(0, 2), view({ hasSpare: () => true }))), "1 2");
  });
});

it("no segment that has been shown changes its paragraph, whatever comes, and all rows are shown once", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = generator(seed);
    const all = new Paragraphs();
    const rows: Row[] = [];
    let stood = new Map<string, string>();
    for (let step = 0; step < 60; step += 1) {
      const at = step * 3 + random() * 4;
      const track = random() < 0.3 ? "hall" : "english";
      const settled = random() < 0.9;
      rows.push(random() < 0.05 ? mark(at) : segment(step, { track, start: at, end: at + 2 + random(), settled, text: random() < 0.5 ? "and so" : "It is so." }));
      rows.sort((a, b) => a.start - b.start);
      if (rows.length > 25) rows.shift();
      const paragraphs = all.arrange(rows, view());
      assert.deepEqual(paragraphs.flatMap((it) => it.rows.map((row) => row.key)).sort(), rows.map((it) => it.key).sort(), `seed ${seed}`);
      assert.equal(new Set(paragraphs.map((it) => it.id)).size, paragraphs.length, `seed ${seed}: each has a name of its own`);
      const now = new Map(paragraphs.flatMap((it) => it.rows.map((row) => [row.key, it.id] as const)));
      const marks = rows.filter((it) => it.is === "mark").length;
      // A mark that is told late divides, as it must; everything else leaves what stands where it is.
      if (marks === 0) for (const [key, id] of now) if (stood.has(key)) assert.equal(id, stood.get(key), `seed ${seed}, step ${step}: ${key}`);
      for (const { rows: members } of paragraphs) assert.ok(members.length === 1 || new Set(members.map((it) => (it as Segment).track)).size === 1);
      stood = now;
    }
  }
});

it("segments are divided by a space, where the script has spaces", () => {
  assert.deepEqual(["Good morning.", "좋은 아침입니다.", "Добрый день.", "สวัสดี"].map(between), [" ", " ", " ", " "]);
  assert.deepEqual(["今日は晴れです。", "你好", "カタカナ", "本当！"].map(between), ["", "", "", ""]);
});
