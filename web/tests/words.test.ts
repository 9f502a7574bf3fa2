// How a text becomes the next one without moving settled words.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stableHeight } from "../src/stable-height.ts";
import { direction, tag } from "../src/direction.ts";
import { nameOf, readIn, unread } from "../src/languages.ts";
import { nextStep, type Measures } from "../src/roll-up.ts";
import { needsBreak, step } from "../src/words.ts";

describe("a text that grows", () => {
  it("adds to what is settled", () => {
    assert.deepEqual(step("", "good mor", 0), { added: "", settled: "", space: "", tail: "good mor" });
    assert.deepEqual(step("", "good morning", 4), { added: "good", settled: "good", space: " ", tail: "morning" });
    assert.deepEqual(step("good", "good morning every", 12), { added: " morning", settled: "good morning", space: " ", tail: "every" });
    assert.deepEqual(step("good morning", "good morning everybody", 22), { added: " everybody", settled: "good morning everybody", space: "", tail: "" });
  });

  it("adds characters where no spaces part them, and keeps the spaces around other words", () => {
    assert.deepEqual(step("", "我用 iPhone 拍", 1), { added: "我", settled: "我", space: "", tail: "用 iPhone 拍" });
    assert.deepEqual(step("我", "我用 iPhone 拍照", 9), { added: "用 iPhone", settled: "我用 iPhone", space: " ", tail: "拍照" });
    assert.deepEqual(step("我用 iPhone", "我用 iPhone 拍照。", 13), { added: " 拍照。", settled: "我用 iPhone 拍照。", space: "", tail: "" });
    assert.deepEqual(step("ปิด", "ปิดไฟห้องนอน", 5), { added: "ไฟ", settled: "ปิดไฟ", space: "", tail: "ห้องนอน" });
  });

  it("says so when its beginning is another one", () => {
    assert.equal(step("good", "bad morning", 3).added, undefined);
    assert.deepEqual(step("good", "", 0), { added: undefined, settled: "", space: "", tail: "" });
  });

  it("holds apart only what has no space between", () => {
    assert.equal(needsBreak("今日は", "。"), true);
    assert.equal(needsBreak("good", " morning"), false);
    assert.equal(needsBreak("", "good"), false);
    assert.equal(needsBreak("good", ""), false);
  });
});

describe("the height of the captions", () => {
  const still = { before: 0, after: 0 };

  it("grows and never shrinks", () => {
    assert.equal(stableHeight(100, [still, { before: 60, after: 60 }], 140), 140);
    assert.equal(stableHeight(140, [still, { before: 60, after: 60 }], 100), 140);
  });

  it("changes with rows above those that are shown, and not with rows between them", () => {
    assert.equal(stableHeight(140, [{ before: 60, after: 20 }], 100), 100);
    assert.equal(stableHeight(140, [{ before: 60, after: 100 }], 140), 180);
    assert.equal(stableHeight(140, [still, { before: 60, after: 20 }], 100), 140);
    assert.equal(stableHeight(140, [still, { before: 60, after: 100 }], 140), 180);
    assert.equal(stableHeight(140, [{ before: 30, after: 10 }, { before: 60, after: 30 }], 100), 120);
  });

  it("begins anew where no row is left", () => {
    assert.equal(stableHeight(140, [], 0), 0);
  });
});

describe("lines that roll up", () => {
  const rolled = (changes: Partial<Measures> = {}): Measures => ({ content: 200, room: 80, line: 40, top: 0, since: undefined, ...changes });

  it("show the end of what there is", () => {
    assert.deepEqual(nextStep(rolled({ content: 40 }), [], 0), { top: 0, again: undefined });
    assert.deepEqual(nextStep(rolled(), [], 0), { top: 120, again: undefined });
  });

  it("leave a recent final its second", () => {
    assert.deepEqual(nextStep(rolled(), [{ bottom: 120, until: 1000 }], 400), { top: 80, again: 1000 });
    assert.deepEqual(nextStep(rolled({ since: 400 }), [{ bottom: 120, until: 1000 }], 1000), { top: 120, again: undefined });
    assert.deepEqual(nextStep(rolled(), [{ bottom: 200, until: 1000 }], 400), { top: 120, again: undefined });
  });

  it("never let the newest words wait for longer than three seconds", () => {
    const late = [{ bottom: 120, until: 9_000 }];
    assert.equal(nextStep(rolled({ since: 1_000 }), late, 3_999).again, 4_000);
    assert.deepEqual(nextStep(rolled({ since: 1_000 }), late, 4_000), { top: 120, again: undefined });
  });

  it("do not roll back for what has gone already", () => {
    assert.equal(nextStep(rolled({ top: 100 }), [{ bottom: 120, until: 1000 }], 400).top, 100);
    assert.equal(nextStep(rolled({ top: 300 }), [{ bottom: 120, until: 1000 }], 400).top, 120);
  });
});

describe("a language", () => {
  it("has the direction of its script", () => {
    for (const it of ["ar", "he", "fa-IR", "ur", "AR", "az-Arab", "pa-Arab-PK"]) assert.equal(direction(it), "rtl", it);
    for (const it of ["en", "nl", "ja", "az", "pa", "ar-Latn", "zh-Hant-TW"]) assert.equal(direction(it), "ltr", it);
    for (const it of ["", "auto", "und"]) assert.equal(direction(it), "auto", it);
  });

  it("that is not known has no tag", () => {
    assert.deepEqual(["auto", "und", "nl"].map(tag), ["", "", "nl"]);
    assert.deepEqual(["und", "nl", "no such language"].map(nameOf), ["as spoken", "Nederlands", "no such language"]);
  });
});

describe("the language that is read", () => {
  const tracks = [
    { name: "hall", lang: "en", langs: ["de", "zh-Hant", "pt-BR"] },
    { name: "stage", lang: "fr", langs: ["nl"] },
  ];

  it("is the one that is wanted, or another region's", () => {
    for (const [wanted, read] of [["", undefined], ["de", "de"], ["de-AT", "de"], ["DE", "de"], ["pt", "pt-BR"], ["pt-PT", "pt-BR"], ["fr-CA", "fr"], ["zh-TW", "zh-TW"], ["zh", "zh"], ["sr-Latn", "sr-Latn"]] as const) {
      assert.equal(readIn(wanted, tracks), read, wanted);
    }
    assert.equal(readIn("de-AT", []), "de-AT");
  });

  it("is named where nothing is said in it", () => {
    assert.equal(unread("zh-TW", tracks), "zh-TW");
    assert.deepEqual([unread("nl", tracks), unread("en", tracks), unread(undefined, tracks), unread("es", [])], [undefined, undefined, undefined, undefined]);
  });
});
