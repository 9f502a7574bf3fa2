import assert from "node:assert/strict";
import { it } from "node:test";
import { timeOfDay } from "../src/time-of-day.ts";

it("a time of day has 24 hours and two digits each, in the reader's time zone", () => {
  assert.equal(timeOfDay(new Date(2026, 0, 2, 0, 4, 5).getTime()), "00:04:05");
  assert.equal(timeOfDay(new Date(2026, 0, 2, 14, 3, 59).getTime()), "14:03:59");
});
