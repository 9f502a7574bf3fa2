// The overlay's settings to an address and back, the presets, and the sample of the builder.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BUILDER } from "../src/builder-settings.ts";
import { CONTROLS, GROUPS } from "../src/builder-controls.ts";
import { CaptionStore, shown } from "../src/caption-store.ts";
import { PRESETS, withPreset } from "../src/presets.ts";
import { isSaid, sampleOf } from "../src/sample.ts";
import { read, written, type Choice, type Range, type Table, type Values } from "../src/settings.ts";
import { OVERLAY, type Overlay } from "../src/streamer.ts";

const DEFAULTS = read(OVERLAY, new URLSearchParams()).values;
const ROUNDS = 500;

/** Numbers from 0 to below 1, the same in each run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const pick = <T>(next: () => number, from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
const digits = (next: () => number): string => `#${Math.floor(next() * 0x1000000).toString(16).padStart(6, "0")}`;

/** A value of a setting that is no number, flag or word of a few. */
const VALUES: Partial<Record<keyof Overlay, (next: () => number) => unknown>> = {
  size: (next) => pick(next, ["", "48px", "5.5vh", "3vw", "400px", "0.5vw"]),
  font: (next) => pick(next, ["sans", "dyslexic", "Open Sans", "Noto Sans JP", "游ゴシック", "D'Nealian (2)", "3270"]),
  text: digits,
  background: digits,
  outline: (next) => pick(next, ["none", digits(next)]),
  shadow: (next) => pick(next, ["none", digits(next)]),
  page: (next) => pick(next, ["transparent", digits(next)]),
  lang: (next) => pick(next, ["", "nl", "pt-BR", "zh-Hant"]),
  ui: (next) => pick(next, ["", "nl", "ar"]),
  tracks: (next) => pick(next, [[], ["hall"], ["hall", "b & c", "ü"]]),
  speakers: (next) => pick(next, [[], ["Ada"], ["Ada, of Lovelace", "100 %2C"]]),
  clear: (next) => pick(next, [0, 1, 2.5, 3600]),
};

function any(table: Table, name: string, next: () => number): unknown {
  const own = table === OVERLAY ? VALUES[name as keyof Overlay] : undefined;
  const setting = table[name]!;
  if (own) return own(next);
  if (typeof setting.default === "boolean") return next() < 0.5;
  if ("words" in setting) return pick(next, (setting as Choice<string>).words);
  const { least, most } = setting as Range;
  return least + Math.floor(next() * (most - least + 1));
}

for (const [title, table] of [["the overlay's settings", OVERLAY], ["the builder's own settings", BUILDER]] as [string, Table][]) {
  describe(title, () => {
    it("come back from the address that they are written to", () => {
      const next = generator(11);
      for (let round = 0; round < ROUNDS; round += 1) {
        const values = Object.fromEntries(Object.keys(table).map((name) => [name, any(table, name, next)]));
        const query = written(table, values);
        const back = read(table, new URLSearchParams(query.toString()));
        assert.deepEqual(back.complaints, []);
        assert.deepEqual(back.values, values);
        assert.equal(written(table, back.values).toString(), query.toString());
        const isDefault = (name: string): boolean => table[name]!.write(values[name]) === table[name]!.write(table[name]!.default);
        assert.deepEqual([...query.keys()], Object.keys(table).filter((name) => !isDefault(name)), "those that are not the default, in the order of the table");
      }
    });

    it("are corrected where they are invalid, and then written without them", () => {
      const junk = ["", "-1", "1e99", "NaN", "<b>", "url(x)", '";x', "reddish", "{", "calc(1px)"];
      for (const name of Object.keys(table)) {
        for (const given of junk) {
          const { values } = read(table, new URLSearchParams({ [name]: given }));
          assert.deepEqual(read(table, written(table, values)).values, values, `${name}=${given}`);
        }
      }
    });
  });
}

describe("a font", () => {
  const of = (given: string): string => read(OVERLAY, new URLSearchParams({ font: given })).values.font;

  it("is one of ours or a name, and nothing that CSS could read otherwise", () => {
    assert.deepEqual(["serif", " Fira Sans ", "Ubuntu-Mono"].map(of), ["serif", "Fira Sans", "Ubuntu-Mono"]);
    for (const it of ['a"b', "a\\b", "a;b", "a,b", "a\nb", "{a}", "", "x".repeat(81)]) assert.equal(of(it), "sans", it);
  });
});

describe("a colour", () => {
  it("that is the default in three digits is left out of the address", () => {
    const { values } = read(OVERLAY, new URLSearchParams("text=fff&background=0f0"));
    assert.equal(written(OVERLAY, values).toString(), "background=00ff00");
  });
});

describe("the builder", () => {
  it("has a control for each setting, once", () => {
    const placed = GROUPS.flatMap((it) => it.names);
    assert.deepEqual([...placed].sort(), Object.keys(OVERLAY).sort());
    for (const name of placed) {
      const control = CONTROLS[name];
      if (control.kind === "choice") assert.deepEqual(Object.keys(control.words), (OVERLAY[name] as Choice<string>).words, name);
    }
  });

  it("has presets that an address can say, and that differ", () => {
    const addresses = PRESETS.map((preset) => written(OVERLAY, withPreset(DEFAULTS, DEFAULTS, preset)).toString());
    assert.equal(new Set(addresses).size, PRESETS.length);
    addresses.forEach((query, at) => {
      const { values, complaints } = read(OVERLAY, new URLSearchParams(query));
      assert.deepEqual(complaints, []);
      assert.deepEqual(values, { ...DEFAULTS, ...PRESETS[at]!.look } as Values<typeof OVERLAY>);
    });
  });

  it("keeps what is shown when a preset is chosen, and nothing else", () => {
    const before = { ...DEFAULTS, lang: "nl", both: true, tracks: ["hall"], weight: 900, padding: 5 };
    const after = withPreset(before, DEFAULTS, PRESETS[1]!);
    assert.deepEqual([after.lang, after.both, after.tracks, after.weight, after.padding], ["nl", true, ["hall"], 400, 35]);
  });
});

describe("the sample", () => {
  const rows = (wanted: Partial<Parameters<typeof sampleOf>[0]>, rounds: number, held: boolean) => {
    const store = new CaptionStore(30);
    for (let round = 0; round < rounds; round += 1) {
      const sample = sampleOf({ lang: "", tracks: [], speakers: [], sample: "one", ...wanted }, round);
      const steps = held && round === rounds - 1 ? sample.steps.slice(0, sample.held) : sample.steps;
      if (round > 0) store.clear();
      for (const [name, it] of [...(round === 0 ? [sample.hello] : []), ...steps.flat()] as [string, never][]) {
        if (name === "hello") store.hello(it);
        if (name === "caption") assert.ok(store.caption(it), "each event changes what is shown");
        if (name === "gap") store.gap(it);
      }
    }
    return store;
  };

  it("ends each round with three sentences, also after the ones before were cleared", () => {
    for (const rounds of [1, 2, 3]) {
      const { rows: all } = rows({}, rounds, false);
      assert.deepEqual(all.map((it) => it.is === "segment" && it.original?.kind), ["final", "final", "final"]);
    }
  });

  it("holds still in the middle of the last sentence", () => {
    const last = rows({}, 2, true).rows.at(-1)!;
    assert.ok(last.is === "segment" && last.original?.kind === "partial");
    assert.ok(last.original.committed > 0 && last.original.committed < last.original.text.length);
  });

  it("has a translation in the language that is asked for; English words where there is none", () => {
    for (const [lang, first] of [["nl", /Goedenavond/], ["ja-JP", /こんばんは/], ["sw", /Good evening/]] as const) {
      const store = rows({ lang }, 1, false);
      assert.ok(store.rows.every((it) => it.is === "segment" && shown(it, lang, store.tracks)?.standsIn === false), lang);
      const row = store.rows[0]!;
      assert.match((row.is === "segment" && shown(row, lang)?.line.text) || "", first);
    }
    assert.deepEqual(["", "nl-BE", "sw"].map(isSaid), [true, true, false]);
  });

  it("has two speakers, named as the address names its tracks, and a place where words are missing", () => {
    const names = (tracks: string[]): string[] => rows({ sample: "two", tracks }, 1, false).tracks.map((it) => it.name);
    assert.deepEqual([names([]), names(["anna"]), names(["booth"]), names(["a", "b", "c"])], [["hall", "booth"], ["anna", "booth"], ["booth", "hall"], ["a", "b"]]);
    const speakers = (names: string[], sample: "one" | "two") => [...rows({ sample, speakers: names }, 1, false).speakers];
    assert.deepEqual([speakers([], "two"), speakers(["Zoe"], "two"), speakers([], "one"), speakers(["Zoe"], "one")], [["Ada", "Ben"], ["Zoe", "Ben"], [], ["Zoe"]]);
    assert.deepEqual(rows({ sample: "gap" }, 1, true).rows.map((it) => it.is), ["segment", "segment", "gap", "segment"]);
  });
});
