// Which events are accepted under a known name.
import assert from "node:assert/strict";
import { it } from "node:test";
import { isCaption, isGap, isHello, isMark, isNext, isState } from "../src/wire.ts";

const hello = { v: 1, stream: "s", started_at: 1, tracks: [{ name: "english", lang: "en", langs: [] }], next: 1 };
const caption = { seq: 1, track: "english", segment: 1, revision: 1, kind: "final", lang: "en", text: "Hi.", start: 0, end: 1 };

it("the shapes of the protocol are taken", () => {
  assert.ok(isHello(hello));
  assert.ok(isHello({ ...hello, notice: "demo model" }));
  assert.ok(isCaption(caption));
  assert.ok(isGap({ seq: null, track: null, start: null, end: null, why: "history" }));
  assert.ok(isGap({ seq: 3, track: "english", start: 1, end: 2, why: "overload" }));
  assert.ok(isMark({ seq: 4, text: "applause", start: 3 }));
  assert.ok(isNext({ next: 5 }));
  assert.ok(isState({ lag_ms: 300, paused: false, stages: [] }));
  assert.ok(isState({ lag_ms: 300, paused: false, stages: [{ name: "mic", state: "running" }], level_db: -31.5 }));
});

it("anything else is not", () => {
  const guards = [isHello, isCaption, isGap, isMark, isNext, isState];
  for (const guard of guards) for (const it of [undefined, null, "text", 7, [], {}]) assert.equal(guard(it), false, `${guard.name} ${JSON.stringify(it)}`);
  assert.equal(isHello({ ...hello, v: 2 }), false);
  assert.equal(isHello({ ...hello, tracks: [{ name: "english" }] }), false);
  for (const key of Object.keys(caption)) assert.equal(isCaption({ ...caption, [key]: null }), false, key);
  assert.equal(isCaption({ ...caption, kind: "other" }), false);
  assert.equal(isState({ stages: [null] }), false);
});
