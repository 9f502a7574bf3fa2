// What is on the screen after which events.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { languages } from "../src/languages.ts";
import { CaptionStore, shown, type Row } from "../src/caption-store.ts";
import type { Caption, Gap, Hello } from "../src/wire.ts";

const hello: Hello = {
  v: 1,
  stream: "one",
  tracks: [
    { name: "english", lang: "en", langs: ["nl", "es"] },
    { name: "french", lang: "fr", langs: ["nl"] },
  ],
  next: 1,
};

function caption(changes: Partial<Caption> = {}): Caption {
  const segment = changes.segment ?? 1;
  return { seq: 0, track: "english", segment, revision: 1, kind: "partial", lang: "en", text: "good", start: segment * 10, end: segment * 10 + 5, ...changes };
}

function final(seq: number, segment: number, text: string, changes: Partial<Caption> = {}): Caption {
  return caption({ seq, segment, text, kind: "final", revision: 9, ...changes });
}

function gap(seq: number | null, why: Gap["why"], changes: Partial<Gap> = {}): Gap {
  return { seq, track: "english", start: 12, end: 14, why, ...changes };
}

function fresh(keep?: number): CaptionStore {
  const store = new CaptionStore(keep);
  store.hello(hello);
  return store;
}

function texts(rows: Row[], lang?: string): string[] {
  return rows.map((row) => (row.is === "segment" ? (shown(row, lang)?.line.text ?? "–") : row.is === "gap" ? `(${row.why})` : row.text));
}

describe("an original that stands in", () => {
  it("is settled where no translation of its track can come, and not where one may", () => {
    const store = fresh();
    store.caption(final(1, 1, "Bonjour.", { track: "french", lang: "fr" }));
    const [row] = store.rows;
    assert.ok(row?.is === "segment");
    const settled = (lang: string): boolean | undefined => shown(row, lang, store.tracks)?.settled;
    assert.deepEqual([settled("es"), settled("nl"), settled("fr")], [true, false, true]);
    assert.equal(shown(row, "es", [])?.settled, false, "of a track that nobody has told of");
  });
});

describe("what is cleared after a silence", () => {
  it("comes back with the translation that was waited for, and only with that", () => {
    const store = fresh();
    store.caption(final(1, 1, "Good morning."));
    store.caption(final(2, 1, "Goedemorgen.", { lang: "nl", of: { lang: "en", revision: 9 } }));
    store.caption(final(3, 2, "Thank you."));
    store.clear("nl");
    store.caption(final(1, 1, "Good morning."));
    store.caption(final(4, 2, "Dank u.", { lang: "nl", of: { lang: "en", revision: 9 } }));
    assert.deepEqual(texts(store.rows, "nl"), ["Dank u."]);
  });
});

describe("a caption", () => {
  it("is replaced by a later revision of its own segment", () => {
    const store = fresh();
    store.caption(caption({ revision: 1, text: "good" }));
    store.caption(caption({ revision: 2, text: "good morning" }));
    assert.deepEqual(texts(store.rows), ["good morning"]);
  });

  it("ignores a revision that is not later than the one shown", () => {
    const store = fresh();
    store.caption(caption({ revision: 2, text: "good morning" }));
    assert.equal(store.caption(caption({ revision: 2, text: "good" })), undefined);
    assert.equal(store.caption(caption({ revision: 1, text: "good" })), undefined);
    assert.deepEqual(texts(store.rows), ["good morning"]);
  });

  it("never changes after its final", () => {
    const store = fresh();
    store.caption(final(1, 1, "Good morning."));
    store.caption(caption({ revision: 99, text: "good mourning" }));
    store.caption(final(2, 1, "Another.", { revision: 100 }));
    assert.deepEqual(texts(store.rows), ["Good morning."]);
  });

  it("changes its version only when it changes", () => {
    const store = fresh();
    const row = store.caption(caption({ revision: 2 }))!;
    const version = row.version;
    store.caption(caption({ revision: 1 }));
    assert.equal(row.version, version);
    store.caption(caption({ revision: 3 }));
    assert.ok(row.version > version);
  });

  it("knows how much of a partial is committed, and believes only a prefix", () => {
    const store = fresh();
    const row = store.caption(caption({ revision: 1, text: "good morning", committed: "good" }))!;
    assert.equal(row.original?.committed, 4);
    store.caption(caption({ revision: 2, text: "good morning", committed: "bad" }));
    assert.equal(row.original?.committed, 0);
    store.caption(final(1, 1, "Good morning."));
    assert.equal(row.original?.committed, "Good morning.".length);
  });
});

describe("the end", () => {
  it("takes what is still open off the screen and leaves the finals of all tracks", () => {
    const store = fresh();
    store.caption(final(1, 1, "Said."));
    store.caption(caption({ segment: 2, text: "never fin" }));
    store.caption(caption({ track: "french", lang: "fr", segment: 1, text: "jamais", start: 11 }));
    store.ended(2);
    assert.deepEqual(texts(store.rows), ["Said."]);
    assert.equal(store.from, 2);
  });
});

describe("a later segment", () => {
  it("drops an earlier one of its track that is still open", () => {
    const store = fresh();
    store.caption(caption({ segment: 1, text: "lost" }));
    store.caption(caption({ segment: 2, text: "next" }));
    assert.deepEqual(texts(store.rows), ["next"]);
    store.caption(caption({ segment: 1, revision: 5, text: "stale" }));
    assert.deepEqual(texts(store.rows), ["next"]);
  });

  it("leaves finals, and open segments of other tracks, where they are", () => {
    const store = fresh();
    store.caption(final(1, 1, "Said."));
    store.caption(caption({ track: "french", lang: "fr", segment: 1, text: "bonjour", start: 11 }));
    store.caption(caption({ segment: 2, text: "next" }));
    assert.deepEqual(texts(store.rows), ["Said.", "bonjour", "next"]);
  });

  it("does not keep out a final that comes after it", () => {
    const store = fresh();
    store.caption(caption({ segment: 2, text: "next" }));
    store.caption(final(1, 1, "Said before."));
    assert.deepEqual(texts(store.rows), ["Said before.", "next"]);
  });
});

describe("two tracks", () => {
  it("that speak at the same time stand in the order of the pipeline", () => {
    const store = fresh();
    store.caption(caption({ track: "french", lang: "fr", text: "bonjour", start: 10 }));
    store.caption(caption({ text: "good morning", start: 10 }));
    assert.deepEqual(texts(store.rows), ["good morning", "bonjour"]);
  });
});

describe("a gap", () => {
  it("stands at its place on the timeline", () => {
    const store = fresh();
    store.caption(final(1, 1, "One."));
    store.caption(final(3, 2, "Two."));
    store.gap(gap(2, "overload", { start: 15, end: 18 }));
    store.gap(gap(2, "overload", { start: 15, end: 18 }));
    assert.deepEqual(texts(store.rows), ["One.", "(overload)", "Two."]);
    const hole = store.rows[1]!;
    assert.equal(hole.is === "gap" && hole.seconds, 3);
  });

  it("of a restart drops the open partial of its track for good, and of no other", () => {
    const store = fresh();
    store.caption(caption({ text: "half a" }));
    store.caption(caption({ track: "french", lang: "fr", text: "bonjour" }));
    store.gap(gap(1, "restart", { start: 10, end: 12 }));
    store.caption(caption({ revision: 7, text: "half a word" }));
    assert.deepEqual(texts(store.rows), ["bonjour", "(restart)"]);
    store.caption(caption({ segment: 2, text: "on we go" }));
    assert.deepEqual(texts(store.rows), ["bonjour", "(restart)", "on we go"]);
  });

  it("of a fault drops the partial that it covers until its next revision", () => {
    const store = fresh();
    store.caption(caption({ text: "half a", start: 10 }));
    store.gap(gap(1, "fault", { start: 10, end: 12 }));
    assert.deepEqual(texts(store.rows), ["(fault)"]);
    store.caption(caption({ revision: 2, text: "half a word", start: 10 }));
    assert.deepEqual(texts(store.rows), ["(fault)", "half a word"]);
  });

  it("of any other kind leaves the open partial", () => {
    const store = fresh();
    store.caption(caption({ text: "half a" }));
    store.gap(gap(1, "overload", { start: 5, end: 8 }));
    assert.deepEqual(texts(store.rows), ["(overload)", "half a"]);
  });

  it("in the history has no number and stands after what is still shown", () => {
    const store = fresh();
    store.caption(final(4, 1, "Old."));
    store.gap({ seq: null, track: null, start: null, end: null, why: "history" });
    store.caption(final(90, 50, "New."));
    assert.deepEqual(texts(store.rows), ["Old.", "(history)", "New."]);
    assert.equal(store.from, 91);
  });
});

describe("the numbers", () => {
  it("begin with all that is kept", () => {
    assert.equal(new CaptionStore().from, 0);
  });

  it("follow finals, gaps and marks, and not partials", () => {
    const store = fresh();
    assert.equal(store.from, 1);
    store.caption(final(1, 1, "One."));
    store.caption(caption({ seq: 7, segment: 2 }));
    assert.equal(store.from, 2);
    store.gap(gap(2, "device"));
    store.mark({ seq: 3, text: "applause", start: 14 });
    assert.equal(store.from, 4);
    assert.deepEqual(texts(store.rows), ["One.", "(device)", "applause", "good"]);
  });

  it("jump to where a reader who filters is told to be", () => {
    const store = fresh();
    store.reached(12);
    store.reached(5);
    assert.equal(store.from, 12);
  });

  it("count what was stale as received", () => {
    const store = fresh();
    store.caption(final(1, 1, "One."));
    store.caption(final(2, 1, "One again."));
    assert.equal(store.from, 3);
  });

  it("and the captions survive a reconnection to the same stream", () => {
    const store = fresh();
    store.caption(final(1, 1, "One."));
    store.hello(hello);
    assert.equal(store.from, 2);
    assert.deepEqual(texts(store.rows), ["One."]);
  });

  it("and the captions are void when the stream is another", () => {
    const store = fresh();
    store.caption(final(41, 30, "Of yesterday."));
    store.hello({ ...hello, stream: "two" });
    assert.deepEqual(store.rows, []);
    assert.equal(store.from, 1);
    store.caption(caption({ segment: 1, text: "of today" }));
    assert.deepEqual(texts(store.rows), ["of today"]);
  });
});

describe("clear", () => {
  it("takes all off the screen, and a replay or a late translation does not bring it back", () => {
    const store = fresh();
    store.caption(final(1, 1, "One."));
    store.gap(gap(2, "overload"));
    store.clear();
    store.caption(final(1, 1, "One."));
    store.gap(gap(2, "overload"));
    store.caption(final(3, 1, "Een.", { lang: "nl", of: { lang: "en", revision: 9 } }));
    assert.deepEqual(store.rows, []);
    assert.equal(store.from, 4);
  });

  it("does not lose the words of a segment that was still open", () => {
    const store = fresh();
    store.caption(caption({ text: "half" }));
    store.clear();
    store.caption(final(1, 1, "Half and whole."));
    assert.deepEqual(texts(store.rows), ["Half and whole."]);
  });
});

describe("a translation", () => {
  const dutch = { lang: "nl", of: { lang: "en", revision: 9 } };

  it("is what its reader sees, and nobody else", () => {
    const store = fresh();
    store.caption(final(1, 1, "Good morning."));
    store.caption(final(2, 1, "Goedemorgen.", dutch));
    assert.deepEqual(texts(store.rows), ["Good morning."]);
    assert.deepEqual(texts(store.rows, "nl"), ["Goedemorgen."]);
    assert.deepEqual(texts(store.rows, "es"), ["Good morning."]);
  });

  it("has the original in its place until it comes, which does not count as settled", () => {
    const store = fresh();
    const row = store.caption(final(1, 1, "Good morning."))!;
    assert.deepEqual({ standsIn: shown(row, "nl")?.standsIn, settled: shown(row, "nl")?.settled }, { standsIn: true, settled: false });
    store.caption(final(2, 1, "Goedemorgen.", dutch));
    assert.deepEqual({ standsIn: shown(row, "nl")?.standsIn, settled: shown(row, "nl")?.settled }, { standsIn: false, settled: true });
  });

  it("that was given up leaves the original, settled", () => {
    const store = fresh();
    const row = store.caption(final(1, 1, "Good morning."))!;
    store.caption(final(2, 1, "", { ...dutch, untranslated: "timeout" }));
    assert.equal(shown(row, "nl")?.line.text, "Good morning.");
    assert.equal(shown(row, "nl")?.settled, true);
    assert.equal(store.from, 3);
  });

  it("is taken after the next segment has begun", () => {
    const store = fresh();
    store.caption(final(1, 1, "Good morning."));
    store.caption(caption({ segment: 2, text: "how are" }));
    store.caption(caption({ ...dutch, segment: 1, text: "goede" }));
    assert.deepEqual(texts(store.rows, "nl"), ["goede", "how are"]);
    store.caption(final(2, 1, "Goedemorgen.", dutch));
    assert.deepEqual(texts(store.rows, "nl"), ["Goedemorgen.", "how are"]);
  });

  it("stands alone where the original was never seen", () => {
    const store = fresh();
    store.caption(final(5, 3, "Goedemorgen.", dutch));
    store.caption(caption({ segment: 4, text: "how are" }));
    assert.deepEqual(texts(store.rows, "nl"), ["Goedemorgen.", "how are"]);
    assert.deepEqual(texts(store.rows), ["–", "how are"]);
  });

  it("may come before its original", () => {
    const store = fresh();
    store.caption(caption({ ...dutch, text: "goede" }));
    store.caption(caption({ text: "good" }));
    assert.deepEqual(texts(store.rows), ["good"]);
    assert.deepEqual(texts(store.rows, "nl"), ["goede"]);
  });

  it("is offered once, whichever tracks have it", () => {
    assert.deepEqual(languages(hello.tracks), ["es", "nl"]);
  });
});

describe("the page", () => {
  it("holds no more rows than it keeps, and the newest ones", () => {
    const store = fresh(3);
    for (let segment = 1; segment <= 10; segment += 1) store.caption(final(segment, segment, `${segment}`));
    assert.deepEqual(texts(store.rows), ["8", "9", "10"]);
  });

  it("knows what has left it, and takes it back where there is room", () => {
    const store = fresh(3);
    for (let segment = 1; segment <= 3; segment += 1) store.caption(final(segment, segment, `${segment}`));
    assert.equal(store.before, undefined);
    for (let segment = 4; segment <= 10; segment += 1) store.caption(final(segment, segment, `${segment}`));
    assert.equal(store.before, 8);
    store.caption(final(5, 5, "5"));
    assert.deepEqual(texts(store.rows), ["8", "9", "10"]);
    store.hold(6);
    for (const segment of [5, 6, 7, 8]) store.caption(final(segment, segment, `${segment}`));
    store.reachedBack(5);
    assert.deepEqual(texts(store.rows), ["5", "6", "7", "8", "9", "10"]);
    assert.equal(store.before, 8, "it is full: what more was fetched has left again");
    store.hold(3);
    assert.deepEqual(texts(store.rows), ["8", "9", "10"]);
    store.hold(20);
    for (let segment = 1; segment <= 7; segment += 1) store.caption(final(segment, segment, `${segment}`));
    store.reachedBack(1);
    assert.equal(store.before, undefined);
    assert.equal(store.from, 11);
  });

  it("is the same after any order of delivery, with partials lost, late and twice", () => {
    const finals = [1, 2, 3, 4, 5, 6].map((segment) => final(segment, segment, `Sentence ${segment}.`));
    const translated = finals.map((it) => final(it.seq + 6, it.segment, `Zin ${it.segment}.`, { lang: "nl", of: { lang: "en", revision: 9 } }));
    const other = [1, 2, 3].map((segment) => final(12 + segment, segment, `Phrase ${segment}.`, { track: "french", lang: "fr", start: segment * 20 + 3 }));
    const partials = finals.flatMap((it) => [1, 2, 3].map((revision) => ({ ...it, kind: "partial" as const, revision, text: `sentence ${it.segment} ${revision}` })));
    const inOrder = fresh();
    for (const it of [...finals, ...translated, ...other]) inOrder.caption(it);
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = generator(seed);
      const kept = [...partials, ...partials].filter(() => random() < 0.5);
      const store = fresh();
      for (const it of shuffled([...finals, ...translated, ...other, ...kept], random)) store.caption(it);
      for (const lang of [undefined, "nl"]) assert.deepEqual(texts(store.rows, lang), texts(inOrder.rows, lang), `seed ${seed}`);
      assert.equal(store.from, 16, `seed ${seed}`);
    }
  });
});

/** mulberry32: the same numbers for the same seed, from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: T[], random: () => number): T[] {
  const all = [...items];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all;
}
