// Random additions to waits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jitter } from "../src/jitter.ts";

test("a wait is never shorter than what was named, nor longer than half as much again", () => {
  assert.equal(jitter(3000, 0), 3000);
  assert.equal(jitter(3000, 1), 4500);
  assert.equal(jitter(0, 0.7), 0);
  const waits = new Set(Array.from({ length: 100 }, (_, at) => jitter(3000, at / 100)));
  assert.equal(waits.size, 100);
});
