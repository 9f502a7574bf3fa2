// What the panel of captions decides: keys, words, pairs for rules, and what can be taken back.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isEditables, keyOf, pairOf, Undo, whyNotAlways, wordsIn, type Editable } from "../src/operator-corrections.ts";

const caption: Editable = { track: "english", segment: 1, lang: "en", of: null, speaker: null, start: 1, text: "ask Morgan", by: null };

describe("captions to edit", () => {
  it("have a key each, also an original and a translation in one language", () => {
    const all = [caption, { ...caption, segment: 2 }, { ...caption, lang: "nl", of: "en" }, { ...caption, of: "nl" }];
    assert.equal(new Set(all.map(keyOf)).size, all.length);
    const stages = { rules: [], vocabularies: [], hold_back_ms: null, held: [] };
    assert.ok(isEditables({ ...stages, captions: all }));
    for (const wrong of [null, {}, { captions: all }, { ...stages, captions: [null] }, { ...stages, captions: [{ text: 1 }] }]) assert.ok(!isEditables(wrong));
  });

  it("are cut into words with their places", () => {
    assert.deepEqual(wordsIn("ask  Morgan"), [{ word: "ask", at: 0 }, { word: "Morgan", at: 5 }]);
    assert.deepEqual(wordsIn(""), []);
  });

  it("give the words that a rule replaces, without the punctuation around them", () => {
    assert.deepEqual(pairOf("ask Morgan, please", "ask Morgen, please"), { from: "Morgan", to: "Morgen" });
    assert.deepEqual(pairOf("the live cap tool", "the livecap tool"), { from: "live cap", to: "livecap" });
    for (const [before, after] of [["one", "one two"], ["one two", "one"], ["one.", "one!"], ["one", "one"]]) assert.equal(pairOf(before!, after!), undefined);
  });

  it("can always be written so where a replace stage works on them", () => {
    const stages = { rules: [{ track: "english", lang: null, stage: "names" }], vocabularies: [], hold_back_ms: null, held: [] };
    assert.equal(whyNotAlways(stages, caption), undefined);
    assert.match(whyNotAlways(stages, { ...caption, lang: "nl", of: "en" })!, /no replace stage for english in nl/);
    assert.match(whyNotAlways(stages, { ...caption, track: "hall" })!, /for hall\./);
  });

  it("can be taken back, the newest first, and not for ever", () => {
    const undo = new Undo();
    const last = (): string | undefined => undo.last?.before;
    assert.equal(last(), undefined);
    for (let at = 0; at < 150; at += 1) undo.add({ caption, before: `${at}`, after: `${at + 1}` });
    assert.equal(last(), "149");
    for (let at = 0; at < 100; at += 1) undo.drop();
    assert.equal(last(), undefined);
  });
});
