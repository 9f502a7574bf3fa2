// What the search in a talk finds, and where.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hits, wantedOf } from "../src/search.ts";

const found = (text: string, typed: string): string[] => hits(text, wantedOf(typed)).map(({ from, to }) => text.slice(from, to));

describe("the search in a talk", () => {
  for (const [what, text, typed, expected] of [
    ["ignores case", "Good morning. A GOOD day.", "good", ["Good", "GOOD"]],
    ["ignores accents in the text", "Un Café, un cafe\u0301!", "cafe", ["Café", "cafe\u0301"]],
    ["ignores accents in what is typed", "Zoe and Zoë", "zoë", ["Zoe", "Zoë"]],
    ["finds the beginning of a word, and no other part", "captions, recaption, caption", "capt", ["capt", "capt"]],
    ["finds a word behind a part of one that is none", "aban ban", "ban", ["ban"]],
    ["finds several words that follow each other", "the whole  hall, the whole hall", "  whole\thall ", ["whole hall"]],
    ["takes ß for ss, and both small sigmas for one", "Die Straße. ΛΟΓΟΣ λόγος", "strasse", ["Straße"]],
    ["folds sigma", "ΛΟΓΟΣ λόγος", "λογος", ["ΛΟΓΟΣ", "λόγος"]],
    ["folds the Turkish dotted I", "İstanbul istanbul", "istanbul", ["İstanbul", "istanbul"]],
    ["ignores Arabic and Hebrew vowel points", "كِتَاب שָׁלוֹם", "كتاب", ["كِتَاب"]],
    ["finds parts in Japanese", "今日は晴れています。", "晴れ", ["晴れ"]],
    ["tells Japanese voiced sounds apart", "かき がき", "か", ["か"]],
    ["finds parts in Thai, vowels told apart", "สวัสดีครับ", "ครับ", ["ครับ"]],
    ["tells Hindi vowels apart", "की का", "का", ["का"]],
    ["finds full-width letters", "ＡＢＣ放送", "abc", ["ＡＢＣ"]],
    ["keeps places right behind characters of two units", "😀 🎉 hall", "hall", ["hall"]],
    ["takes signs as they are", "50 % (about) 50", "(about)", ["(about)"]],
    ["finds nothing for nothing", "anything", "   ", []],
  ] as [string, string, string, string[]][]) it(what, () => assert.deepEqual(found(text, typed), expected));

  it("gives places within the text, in order and apart, whatever it is", () => {
    for (const text of ["\u0301\u0301a", "ﬁn ﬁ", "a\u{1F468}\u200D\u{1F469}a", "ÀÉÎ àéî", "\ud800a", "ΑΣ ς"]) {
      for (const typed of ["a", "f", "fi", "e", "ς", "\u0301"]) {
        let end = 0;
        for (const { from, to } of hits(text, wantedOf(typed))) {
          assert.ok(from >= end && to > from && to <= text.length, JSON.stringify({ text, typed, from, to }));
          end = to;
        }
      }
    }
  });
});
