// Corrections of finals: what the store shows after them, and which words are marked.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CaptionStore, shown } from "../src/caption-store.ts";
import { isCorrection, type Caption, type Correction, type Hello } from "../src/wire.ts";
import { changedPart } from "../src/words.ts";

const hello: Hello = { v: 1, stream: "one", tracks: [{ name: "english", lang: "en", langs: ["nl"] }], next: 1 };

function fresh(): CaptionStore {
  const store = new CaptionStore();
  store.hello(hello);
  return store;
}

function final(seq: number, segment: number, text: string, changes: Partial<Caption> = {}): Caption {
  return { seq, track: "english", segment, revision: 9, kind: "final", lang: "en", text, start: segment, end: segment + 1, ...changes };
}

function correction(seq: number, segment: number, before: string, text: string, changes: Partial<Correction> = {}): Correction {
  return { seq, track: "english", segment, lang: "en", text, before, by: "Ada", at: 1, ...changes };
}

function read(store: CaptionStore, lang?: string): (string | undefined)[] {
  return store.rows.map((row) => (row.is === "segment" ? shown(row, lang, store.tracks)?.line.text : undefined));
}

describe("a corrected final", () => {
  it("has its new text, remembers its first one, and is asked for no more", () => {
    const store = fresh();
    store.caption(final(1, 1, "ask Morgan"));
    assert.equal(store.correct(correction(2, 1, "ask Morgan", "ask Mogren"))?.version, 2);
    store.correct(correction(3, 1, "ask Mogren", "ask Morgen", { by: "Bob" }));
    assert.deepEqual(read(store), ["ask Morgen"]);
    const row = store.rows[0]!;
    assert.deepEqual(row.is === "segment" && row.original?.corrected, { original: "ask Morgan", by: "Bob", at: 1 });
    assert.equal(store.from, 4);
  });

  it("does not tell what was masked, not even after another correction", () => {
    const store = fresh();
    store.caption(final(1, 1, "ask damn"));
    store.correct(correction(2, 1, "ask damn", "ask ***", { masked: true }));
    store.correct(correction(3, 1, "ask ***", "ask them"));
    const row = store.rows[0]!;
    assert.equal(row.is === "segment" && row.original?.corrected?.original, undefined);
  });

  it("leaves other segments and languages, open segments and unknown ones alone", () => {
    const store = fresh();
    store.caption(final(1, 1, "one"));
    store.caption(final(2, 1, "een", { lang: "nl", of: { lang: "en", revision: 9 } }));
    store.caption({ ...final(2, 2, "two"), kind: "partial" });
    for (const it of [correction(3, 2, "two", "x"), correction(4, 7, "one", "x"), correction(5, 1, "one", "x", { lang: "fr" })]) assert.equal(store.correct(it), undefined);
    store.correct(correction(6, 1, "een", "één", { lang: "nl", of: "en" }));
    assert.deepEqual([read(store), read(store, "nl")], [["one", "two"], ["één", "two"]]);
  });

  it("takes the place of an original that stood in for it", () => {
    const store = fresh();
    store.caption(final(1, 1, "one"));
    store.caption(final(2, 1, "", { lang: "nl", of: { lang: "en", revision: 9 }, untranslated: "too slow" }));
    assert.deepEqual(read(store, "nl"), ["one"]);
    store.correct(correction(3, 1, "", "een", { lang: "nl", of: "en" }));
    assert.deepEqual(read(store, "nl"), ["een"]);
  });

  it("that is fetched from the transcript is known as corrected", () => {
    const store = fresh();
    store.caption(final(1, 1, "ask Morgen", { original: "ask Morgan", corrected: { by: "Ada", at: 5 } }));
    const row = store.rows[0]!;
    assert.deepEqual(row.is === "segment" && row.original?.corrected, { original: "ask Morgan", by: "Ada", at: 5 });
  });

  it("is taken in its shape alone", () => {
    assert.ok(isCorrection(correction(1, 1, "a", "b")));
    for (const wrong of [{}, null, { ...correction(1, 1, "a", "b"), by: 1 }, { ...correction(1, 1, "a", "b"), seq: "1" }]) assert.ok(!isCorrection(wrong));
  });
});

describe("the words that differ", () => {
  for (const [before, after, marked] of [
    ["ask Morgan today", "ask Morgen today", "Morgen"],
    ["ask Morgan", "ask More gan", "More gan"],
    ["ask Morgan of it", "ask of it", undefined],
    ["one", "one", undefined],
    ["one", "two three", "two three"],
    ["我用手机", "我用电话", "我用电话"],
    ["a a a", "a a a a", "a"],
  ] as const) {
    it(`${before} → ${after}`, () => {
      const part = changedPart(before, after);
      assert.equal(part && after.slice(part.from, part.to), marked);
    });
  }
});
