// How old a caption is, whatever the reader's clock says.
import assert from "node:assert/strict";
import { it } from "node:test";
import { ServerClock } from "../src/clock.ts";

it("an age is unknown before the first exchange", () => {
  assert.equal(new ServerClock().since(0, 1_000), undefined);
});

it("an age does not depend on the difference of the clocks", () => {
  for (const ahead of [-3_600_000, 0, 5_000]) {
    const clock = new ServerClock();
    clock.exchanged(1_000, 1_040, 1_020 + ahead);
    assert.equal(clock.since(1_500 + ahead, 2_000), 500);
  }
});

it("the exchange with the shortest round trip is believed, and is forgotten after eight more", () => {
  const clock = new ServerClock();
  clock.exchanged(0, 10, 5);
  for (let times = 0; times < 7; times += 1) clock.exchanged(0, 900, 9_000);
  assert.equal(clock.since(0, 100), 100);
  clock.exchanged(0, 900, 450 + 70);
  assert.notEqual(clock.since(0, 100), 100);
});

it("nothing is shown as captured in the future", () => {
  const clock = new ServerClock();
  clock.exchanged(0, 0, 0);
  assert.equal(clock.since(50, 10), 0);
});
