// Names before what is said, and their colours on every paper.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Segment } from "../src/caption-store.ts";
import { contrast, ENOUGH, PAPERS } from "../src/contrast.ts";
import { paperOf, voiceColours } from "../src/overlay-voices.ts";
import { read, written } from "../src/settings.ts";
import { OVERLAY } from "../src/streamer.ts";
import { nameBefore, VOICES, voiceOf } from "../src/voices.ts";

const said = (speaker?: string, track = "words"): Segment => ({ is: "segment", key: "", version: 0, track, speaker, segment: 0, start: 0, end: 1, translations: new Map() });
const tracks = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `words.${at + 1}`, lang: "en", langs: [] }));
const ada = said("Ada");

describe("a name", () => {
  it("stands where the speaker changes", () => {
    assert.equal(nameBefore(ada, undefined, []), "Ada");
    assert.equal(nameBefore(ada, ada, []), undefined);
    assert.equal(nameBefore(ada, said("Ben"), []), "Ada");
    assert.equal(nameBefore(ada, said(), []), "Ada");
  });

  it("is that of the track where nobody is named and there are several, or somebody was named above", () => {
    assert.equal(nameBefore(said(), undefined, tracks(1)), undefined);
    assert.equal(nameBefore(said(), said(), tracks(2)), "words");
    assert.equal(nameBefore(said(), ada, tracks(1)), "words");
  });

  it("stays where it is once it is there, and comes where somebody is found to have spoken in between", () => {
    assert.equal(nameBefore(ada, ada, [], { name: "Ada" }), "Ada");
    assert.equal(nameBefore(ada, undefined, [], { name: undefined }), undefined, "the row above was removed");
    assert.equal(nameBefore(ada, said("Ben"), [], { name: undefined }), "Ada");
    assert.equal(nameBefore(said("Ada L."), ada, [], { name: "Ada" }), "Ada L.", "she is called otherwise now");
  });
});

describe("the colour of a name", () => {
  it("is the same for everybody: by the place of the track, otherwise by the name", () => {
    assert.deepEqual([1, 2, 3].map((it) => voiceOf(said("Ada", `words.${it}`), tracks(3))), [0, 1, 2]);
    assert.equal(voiceOf(said("Ada", "words.9"), tracks(9)), 8 % VOICES);
    const names = Array.from({ length: 200 }, (_, at) => `Speaker ${at}`);
    const used = names.map((it) => voiceOf(said(it), tracks(1)));
    assert.deepEqual(used, names.map((it) => voiceOf(said(it), [])));
    assert.equal(new Set(used).size, VOICES, "each is in use");
  });

  it("can be read on each paper of the page", () => {
    const css = readFileSync(new URL("../../web/src/voices.css", import.meta.url), "utf8");
    const pairs = [...css.matchAll(/light-dark\((#\w{6}), (#\w{6})\)/g)];
    assert.equal(pairs.length, VOICES);
    for (const [, light, dark] of pairs) {
      assert.ok(contrast(light!, PAPERS.light) >= ENOUGH, light);
      for (const paper of [PAPERS.dark, "#000000"]) assert.ok(contrast(dark!, paper) >= ENOUGH, dark);
    }
    assert.equal(new Set(pairs.map((it) => it[0])).size, VOICES);
  });

  it("can be read on the overlay, whatever its settings are", () => {
    const of = (query: string) => read(OVERLAY, new URLSearchParams(query)).values;
    for (const query of ["", "opacity=100", "opacity=50", "opacity=0&outline=000000", "background=ffffff&text=000000", "opacity=0&page=ffe14d", "text=000&opacity=0", "page=777&opacity=30&background=123"]) {
      const it = of(query);
      assert.deepEqual(written(OVERLAY, it).toString() !== "", query !== "");
      for (const colour of voiceColours(it)) assert.ok(contrast(colour, paperOf(it)) >= ENOUGH, `${query}: ${colour} on ${paperOf(it)}`);
    }
    assert.equal(paperOf(of("")), "#4d4d4d", "a white picture shines through the black");
    assert.equal(paperOf(of("opacity=100")), "#000000");
  });
});
