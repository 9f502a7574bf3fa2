// From a device to frames: rates, levels, times, and what Opus adds.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CaptureClock, hole, Offset } from "../src/speak-clock.ts";
import { Cutter, type Cut } from "../src/speak-cut.ts";
import { delayMs, Pairs } from "../src/speak-opus.ts";
import { Resampler } from "../src/speak-resample.ts";
import { Ring } from "../src/speak-ring.ts";

const tone = (hz: number, rate: number, many: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: many }, (_, at) => Math.sin((2 * Math.PI * hz * at) / rate));

/** In pieces of these lengths, over and over. */
function resampled(it: Resampler, samples: Float32Array, pieces: number[] = [128]): Float32Array {
  const parts: Float32Array[] = [];
  for (let at = 0, turn = 0; at < samples.length; turn++) {
    const many = pieces[turn % pieces.length]!;
    parts.push(it.push(samples.subarray(at, at + many)));
    at += many;
  }
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

const loudness = (samples: Float32Array): number => 10 * Math.log10(samples.reduce((sum, it) => sum + it * it, 0) / samples.length / 0.5);

describe("a change of rate", () => {
  for (const [from, to] of [[48_000, 16_000], [44_100, 16_000], [44_100, 48_000], [16_000, 48_000], [96_000, 16_000]] as const) {
    it(`keeps what both rates can hold, at its place and its loudness: ${from} to ${to}`, () => {
      for (const hz of [100, 1_000, 6_500]) {
        const out = resampled(new Resampler(from, to), tone(hz, from, from));
        assert.ok(Math.abs(out.length - to) <= to / 100, `${out.length} samples of a second`);
        const want = tone(hz, to, out.length);
        // Its beginning is the filter's.
        const worst = out.slice(200).reduce((most, it, at) => Math.max(most, Math.abs(it - want[at + 200]!)), 0);
        assert.ok(worst < 0.002, `${hz} Hz: ${worst}`);
      }
    });
  }

  it("removes what the lower rate cannot hold", () => {
    for (const hz of [8_800, 9_500, 12_000, 20_000]) {
      const out = resampled(new Resampler(48_000, 16_000), tone(hz, 48_000, 48_000)).slice(200);
      assert.ok(loudness(out) < -70, `${hz} Hz: ${loudness(out)} dB`);
    }
  });

  it("gives the same in whatever pieces the sound comes", () => {
    const sound = tone(440, 44_100, 20_000);
    const whole = new Resampler(44_100, 16_000).push(sound);
    for (const pieces of [[1], [128], [7, 1_000, 33], [20_000]]) assert.deepEqual(resampled(new Resampler(44_100, 16_000), sound, pieces), whole, pieces.join());
  });

  it("leaves sound of the same rate as it is", () => {
    const sound = tone(440, 48_000, 128);
    assert.equal(new Resampler(48_000, 48_000).push(sound), sound);
  });
});

describe("frames", () => {
  function cut(from: number, to: number, channels: Float32Array[]): Cut[] {
    const [cutter, cuts] = [new Cutter(from, to), [] as Cut[]];
    for (let at = 0; at < channels[0]!.length; at += 128) cutter.push(channels.map((it) => it.subarray(at, at + 128)), (it) => cuts.push(it));
    return cuts;
  }

  it("hold 20 ms each, and say where they end", () => {
    const cuts = cut(48_000, 16_000, [tone(1_000, 48_000, 48_000)]);
    assert.equal(cuts.length, 49, "the last one waits for the filter");
    assert.ok(cuts.every((it, at) => it.samples.length === 320 && it.endMs === 20 * (at + 1)));
    // Of what has come, all but the filter's half, and what a piece of 128 brings too much.
    assert.ok(cuts.every((it) => it.givenMs - it.endMs >= 0 && it.givenMs - it.endMs < 5), JSON.stringify(cuts.map((it) => it.givenMs - it.endMs)));
  });

  it("mix channels, and measure the loudest and the clipped samples", () => {
    const [left, right] = [new Float32Array(1_920).fill(1), new Float32Array(1_920).fill(0.5)];
    const both = cut(48_000, 48_000, [left, right]);
    assert.deepEqual(both.map((it) => [it.peak, it.clipped]), [[0.75, 0], [0.75, 0]]);
    const loud = cut(48_000, 48_000, [left]);
    // Measured by pieces of 128: the last piece of a frame reaches into the next.
    assert.deepEqual(loud.map((it) => it.peak), [1, 1]);
    assert.equal(loud.reduce((sum, it) => sum + it.clipped, 0), 1_920);
  });
});

describe("capture times", () => {
  it("follow the quickest arrivals, and are not late where an arrival is", () => {
    const clock = new CaptureClock();
    clock.captured(20, 21, 1_021);
    assert.equal(clock.captured(40, 41, 1_141), 1_040, "100 ms late");
    assert.equal(clock.captured(60, 61, 1_060), 1_059, "quicker than any before");
    clock.clear();
    assert.equal(clock.captured(80, 80, 9_000), 9_000);
  });

  it("follow a device whose clock drifts, by less than a millisecond", () => {
    const clock = new CaptureClock();
    let worst = 0;
    for (let frame = 1; frame < 30_000; frame++) {
      const media = frame * 20;
      // 100 ppm slow, and each arrival up to 10 ms late.
      const real = media * 1.0001;
      const captured = clock.captured(media, media, real + (frame % 7 === 0 ? 0 : 10));
      // The first ones are all late.
      if (frame >= 7) worst = Math.max(worst, Math.abs(captured - real));
    }
    assert.ok(worst < 1, `${worst} ms`);
  });

  it("tell where a device stood still, and not where only a clock was set or a message was late", () => {
    assert.equal(hole(3_020, 3_021, 20), 3_000);
    assert.equal(hole(3_600_020, 20, 20), 0, "the system's clock was set");
    assert.equal(hole(20, 3_020, 20), 0, "the worker was busy");
    assert.equal(hole(-5_000, 20, 20), 0);
    assert.equal(hole(400, 400, 20), 0, "a hiccup");
  });

  it("get the server's clock from the exchange with the least error, as long as that is young", () => {
    const offset = new Offset();
    assert.equal(offset.best(0), undefined);
    offset.exchanged(0, 100, 1_030);
    offset.exchanged(200, 204, 1_202);
    assert.deepEqual(offset.best(204), { ms: 1_000, error_ms: 2 });
    offset.exchanged(300, 290, 0);
    assert.deepEqual(offset.best(204), { ms: 1_000, error_ms: 2 }, "a clock that goes backwards is not believed");
    for (let times = 0; times < 8; times++) offset.exchanged(1_000_000, 1_000_020, 1_002_030);
    assert.equal(offset.best(1_000_020)!.ms, 2_020);
  });
});

describe("Opus", () => {
  it("says in its head how late the encoder's sound is", () => {
    const head = new Uint8Array([...new TextEncoder().encode("OpusHead"), 1, 1, 0x78, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(delayMs(head.buffer), 2.5);
    assert.equal(delayMs(head.subarray(0)), 2.5);
    assert.equal(delayMs(undefined), 6.5);
    assert.equal(delayMs(new Uint8Array(19)), 6.5);
  });

  it("gives each packet what belongs to its frame, and nothing to a packet of its own making", () => {
    const pairs = new Pairs<string>();
    assert.deepEqual(["a", "b", "c"].map((it) => pairs.put(it)), [0, 20_000, 40_000]);
    assert.equal(pairs.take(0), "a");
    assert.equal(pairs.take(39_990), "c", "a packet that never came leaves its frame behind");
    assert.deepEqual([pairs.take(60_000), pairs.waiting], [undefined, 0]);
  });
});

it("the ring holds so much, and gives up the oldest", () => {
  const ring = new Ring(1_000);
  const kept = (number: number) => ({ number, first: number * 320, samples: 320, capturedMs: 0, clipped: false, payload: new Uint8Array() });
  const gone = [0, 1, 2, 3, 4].flatMap((it) => ring.push(kept(it)).map(({ number }) => number));
  assert.deepEqual([gone, ring.samples, ring.oldest?.number], [[0, 1], 960, 2]);
  ring.dropBefore(4);
  assert.deepEqual([ring.at(3), ring.at(4)?.number, ring.at(5), ring.samples], [undefined, 4, undefined, 320]);
  ring.dropBefore(9);
  assert.deepEqual([ring.oldest, ring.samples], [undefined, 0]);
});
