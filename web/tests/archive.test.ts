// Addresses of the archive, and the file of sound that a moment is in.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clock, readPlace, soundAt, writePlace } from "../src/archive-place.ts";

describe("a place in the archive", () => {
  it("is in the address and comes back from it", () => {
    const place = { event: 3, moment: 754.2, words: 'a "b c" & d', lang: "nl", speaker: "Ada" };
    assert.deepEqual(readPlace(new URLSearchParams(writePlace(place))), place);
    assert.equal(writePlace({}), "");
    assert.deepEqual(Object.values(readPlace(new URLSearchParams("event=x&t=-1&words="))).filter((it) => it !== undefined), []);
  });

  it("has the sound of the newest file that has its track", () => {
    const sounds = [
      { start: 0.5, tracks: ["english"], path: "a" },
      { start: 60, tracks: ["english"], path: "b" },
      { start: 61, tracks: ["dutch"], path: "c" },
      { start: 90, tracks: ["english"], path: null },
    ];
    assert.deepEqual(soundAt(sounds, "english", 20), { path: "a", second: 19.5 });
    assert.deepEqual(soundAt(sounds, "english", 95), { path: "b", second: 35 });
    assert.deepEqual(soundAt(sounds, undefined, 70), { path: "c", second: 9 });
    assert.equal(soundAt(sounds, "english", 0.2), undefined);
    assert.equal(soundAt(sounds, "dutch", 20), undefined);
  });

  it("is written as people write times", () => {
    assert.deepEqual([0, 75.9, 3723].map(clock), ["0:00", "1:15", "1:02:03"]);
  });
});
