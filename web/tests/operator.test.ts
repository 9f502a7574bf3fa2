// The decisions of the operator's page: where stages stand, how numbers are written, when it asks again, what plots keep.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Poller } from "../src/operator-poller.ts";
import { count, depth, duration, fullness, level, losses, rate, restarts, troubles, writerName } from "../src/operator-format.ts";
import { layout, type Layout, type Size } from "../src/operator-layout.ts";
import { isToken, pointsIn, refusal, untilNext } from "../src/operator-status.ts";
import { Series, stroke, swatch } from "../src/operator-series.ts";
import { isWhole, type Edge, type State } from "../src/operator-wire.ts";

const SIZE: Size = { width: 100, height: 50, gap: 60, apart: 20 };

function plan(names: string, ...edges: string[]) {
  return {
    stages: [...names].map((name) => ({ name })),
    edges: edges.map((it) => ({ from: it[0]!, to: it[1]! })),
  };
}

function overlaps(drawn: Layout): [string, string][] {
  const all = [...drawn.stages];
  const meet = (a: number, b: number, length: number): boolean => Math.abs(a - b) < length;
  return all.flatMap(([one, a], at) =>
    all.slice(at + 1).filter(([, b]) => meet(a.x, b.x, SIZE.width) && meet(a.y, b.y, SIZE.height)).map(([other]): [string, string] => [one, other]),
  );
}

test("a chain is a straight line, across or down", () => {
  const chain = plan("abc", "ab", "bc");
  const across = layout(chain, SIZE, true);
  assert.deepEqual([...across.stages.values()], [{ x: 0, y: 0 }, { x: 160, y: 0 }, { x: 320, y: 0 }]);
  assert.deepEqual([across.width, across.height], [420, 50]);
  const down = layout(chain, SIZE, false);
  assert.deepEqual([...down.stages.values()], [{ x: 0, y: 0 }, { x: 0, y: 110 }, { x: 0, y: 220 }]);
  assert.deepEqual([down.width, down.height], [100, 270]);
});

test("a stage stands behind all that it listens to, and an edge goes around what lies between", () => {
  // The original and its translation meet in one broadcast.
  const drawn = layout(plan("etw", "et", "tw", "ew"), SIZE, true);
  assert.deepEqual(["e", "t", "w"].map((it) => drawn.stages.get(it)!.x), [0, 160, 320]);
  const around = drawn.edges.find((it) => it.from === "e" && it.to === "w")!;
  const row = /L(\d+(?:\.\d+)?) (\d+(?:\.\d+)?)/.exec(around.path)!;
  const t = drawn.stages.get("t")!;
  assert.ok(Number(row[2]) < t.y || t.y + SIZE.height < Number(row[2]), `${around.path} goes through ${JSON.stringify(t)}`);
});

test("nothing lies on anything else, whatever the plan", () => {
  // Twenty stages, each listening to up to three of those before it, by a fixed row of numbers.
  let seed = 7;
  const next = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 50; round++) {
    const names = "abcdefghijklmnopqrst".slice(0, 2 + next(19));
    const edges = new Set<string>();
    for (let at = 1; at < names.length; at++) {
      for (let many = next(4); many > 0; many--) edges.add(names[next(at)]! + names[at]!);
    }
    for (const across of [true, false]) {
      const drawn = layout(plan(names, ...edges), SIZE, across);
      assert.deepEqual(overlaps(drawn), [], `${names} ${[...edges]}`);
      assert.equal(drawn.edges.length, edges.size);
      for (const { x, y } of [...drawn.stages.values(), ...drawn.edges.map((it) => it.label)]) {
        assert.ok(0 <= x && x <= drawn.width && 0 <= y && y <= drawn.height);
      }
    }
  }
});

test("edges that cross have their numbers apart", () => {
  const drawn = layout(plan("abcd", "ac", "ad", "bc", "bd"), SIZE, true);
  assert.equal(new Set(drawn.edges.map(({ label }) => `${label.x} ${label.y}`)).size, 4);
});

test("an edge without its stages, or against the flow, is left out", () => {
  assert.deepEqual(layout(plan("ab", "ba", "ax", "aa"), SIZE, true).edges, []);
  assert.equal(layout(plan(""), SIZE, true).stages.size, 0);
});

test("numbers are written for people", () => {
  assert.deepEqual([0, 0.24, 9.9, 87.6, 999.4, 2449, 185_000, 7_380_000].map(duration), [
    "0 ms", "0.2 ms", "9.9 ms", "88 ms", "999 ms", "2.4 s", "3 min 5 s", "2 h 3 min",
  ]);
  assert.deepEqual([0, 9999, 12_345, 4_600_000].map(count), ["0", "9999", "12.3k", "4.6M"]);
  assert.deepEqual([null, -120, -23, 0, 6].map(level), ["no sound", "digital silence", "−23 dB", "0 dB", "6 dB"]);
});

const EDGE: Edge = {
  from: "a", to: "b", depth: 3, high_water: 5, size: 64, held_ms: 0, waited_ms: 0, taken: 9, dropped: 0, coalesced: 0,
};

test("an edge of sound is told in seconds, one of text in items", () => {
  assert.deepEqual([depth(EDGE), fullness(EDGE)], ["3 of 64", 3 / 64]);
  const sound = { ...EDGE, size: 0, holds_ms: 2000, held_ms: 400 };
  assert.deepEqual([depth(sound), fullness(sound)], ["0.4 of 2 s", 0.2]);
  assert.equal(fullness({ ...sound, held_ms: 2500 }), 1);
  assert.deepEqual([losses(EDGE), losses({ ...EDGE, dropped: 2, coalesced: 12_000 })], ["", "2 dropped, 12k replaced"]);
});

test("a rate is what two readings of one run differ by", () => {
  const reading = (at: number, handled: number, busy_ms: number) => ({ at, value: { stage: "a", handled, given_up: 0, busy_ms } });
  assert.equal(rate(undefined, reading(0, 1, 1)), undefined);
  assert.deepEqual(rate(reading(1000, 10, 100), reading(1500, 20, 225)), { perSecond: 20, busy: 0.25 });
  assert.equal(rate(reading(1000, 10, 100), reading(1000, 20, 225)), undefined);
  assert.equal(rate(reading(1000, 10, 100), reading(1500, 2, 0)), undefined);
});

const STATE: State = {
  lag_ms: null, paused: false, level_db: null, stream: "s", server: "1", now: 1, may_operate: false, may_read_archive: false, edges: [], work: [], levels: [], latency: [],
  viewers: 0, log: { first: 1, next: 1, ended: false },
  stages: [
    { name: "mic", state: "restarting", why: "gone", restarts: 2 }, { name: "english", state: "running", restarts: 1 },
    { name: "web", state: "ended" }, { name: "tape", state: "failed", why: "disk full" },
  ],
};

test("what an operator should look at is named, with why", () => {
  assert.deepEqual(troubles(STATE), ["mic restarting: gone", "tape failed: disk full"]);
  const node = { writer: "http://a:1", connected: false };
  assert.match(troubles({ ...STATE, stages: [], node }).join(), /Redis does not answer/);
  assert.deepEqual(troubles({ ...STATE, stages: [], node: { ...node, connected: true } }), []);
  assert.match(writerName(node), /http:\/\/a:1/);
  assert.deepEqual(STATE.stages.map(restarts), ["2 restarts", "1 restart", "", ""]);
});

test("it asks twice a second, less often where nobody looks or nothing answers, and not again without a token", () => {
  assert.equal(untilNext("live", 0, false, 0), 500);
  assert.deepEqual([1, 2, 3, 4, 5, 50].map((failures) => untilNext("gone", failures, false, 0)), [1000, 2000, 4000, 8000, 15_000, 15_000]);
  assert.deepEqual([untilNext("live", 0, true, 0), untilNext("gone", 1, true, 0), untilNext("broken", 9, true, 0)], [10_000, 10_000, 15_000]);
  // Behind a failure no two pages ask at the same moment.
  assert.deepEqual([untilNext("live", 0, false, 1), untilNext("gone", 1, false, 1), untilNext("gone", 50, false, 0.5)], [500, 1500, 18_750]);
  assert.deepEqual([untilNext("locked", 1, false, 0), untilNext("refused", 1, false, 0), untilNext("closed", 1, false, 0)], [undefined, undefined, undefined]);
});

test("a status says what is the matter, by whether a token was sent", () => {
  assert.deepEqual([200, 204, 202].map((it) => refusal(it, true)), [undefined, undefined, undefined]);
  assert.deepEqual([refusal(401, true), refusal(401, false), refusal(403, true), refusal(500, true)], ["refused", "locked", "closed", "broken"]);
});

test("a token is what a header can carry, and points are a number that makes sense", () => {
  assert.deepEqual(["s3cret-!", "", "with space", "é", "a\nb"].map(isToken), [true, false, false, false, false]);
  assert.deepEqual(["?points=20", "?points=1", "?points=x", "", "?points=1e9"].map(pointsIn), [20, 600, 600, 600, 600]);
});

test("only a state with its details is one", () => {
  assert.ok(isWhole(STATE));
  for (const it of [null, 1, {}, { stages: [], paused: false, lag_ms: null }]) assert.ok(!isWhole(it));
});

test("a plot keeps so many points of so many names, and no more", () => {
  const series = new Series(100, 3);
  for (let at = 1; at <= 10_000; at++) series.push(at, new Map([[`line ${at % 2}`, at], [`passing ${Math.floor(at / 1000)}`, 1]]));
  const [times, ...columns] = series.data;
  assert.deepEqual([times.length, times[0], times.at(-1)], [100, 9901, 10_000]);
  assert.ok(series.names.length <= 3 && columns.length === series.names.length);
  assert.ok(columns.every((it) => it.length === 100));
});

test("a name that comes later has a hole before, one that is gone is let go of, and time only grows", () => {
  const series = new Series(3, 4);
  series.push(1, new Map([["a", 1]]));
  series.push(2, new Map([["a", 2], ["b", 20]]));
  series.push(2, new Map([["a", 99]]));
  assert.deepEqual(series.data, [[1, 2], [1, 2], [null, 20]]);
  for (const at of [3, 4, 5]) series.push(at, new Map([["b", at]]));
  assert.deepEqual([series.names, series.data], [["b"], [[3, 4, 5], [3, 4, 5]]]);
  series.clear();
  assert.deepEqual([series.length, series.names], [0, []]);
});

test("what is asked for while a question is under way is asked right after, and one that fails is not the last", async () => {
  const answers: ((failed?: unknown) => void)[] = [];
  const failed: unknown[] = [];
  let asked = (): void => {};
  const next = (): Promise<void> => new Promise((resolve) => (asked = resolve));
  const look = (): Promise<void> => {
    asked();
    return new Promise((resolve, reject) => answers.push((error) => (error === undefined ? resolve() : reject(error))));
  };
  const waits: (number | undefined)[] = [0, undefined];
  const asking = new Poller(look, (error) => failed.push(error), () => waits.shift());
  asking.now();
  asking.now();
  asking.now();
  assert.equal(answers.length, 1);
  let another = next();
  answers[0]!("broken");
  await another;
  assert.deepEqual(failed, ["broken"]);
  // Nobody has asked meanwhile: the next one is by the clock.
  another = next();
  answers[1]!("again");
  await another;
  assert.equal(answers.length, 3);
  // And now there is none, until somebody asks.
  answers[2]!();
  await new Promise((resolve) => setImmediate(resolve));
  asking.now();
  assert.deepEqual([answers.length, failed], [4, ["broken", "again"]]);
});

test("no two lines of a plot are drawn alike, nor are their swatches", () => {
  const all = Array.from({ length: 24 }, (_, at) => at);
  assert.equal(new Set(all.map((at) => JSON.stringify(stroke(at)))).size, 24);
  assert.equal(new Set(all.map(swatch)).size, 24);
  assert.equal(swatch(1), "repeating-linear-gradient(to right, var(--series-2) 0px 8px, transparent 8px 12px)");
});
