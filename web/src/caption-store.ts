// What is on the screen: events in, rows out. It reads no clock and touches no page.
import type { Caption, Correction, Gap, Hello, Kind, Mark, Track, Why } from "./wire.ts";

/** One language's text of a segment. */
export interface Line {
  lang: string;
  revision: number;
  kind: Kind;
  text: string;
  /** How many characters of `text` will not change any more. */
  committed: number;
  /** There will be no translation; the original stands in its place. */
  untranslated: boolean;
  /** It was corrected after it was final. */
  corrected?: Corrected;
}

/** What became of a final. */
export interface Corrected {
  /** What it said at first; unknown where that is not to be shown again. */
  original: string | undefined;
  by: string;
  /** Unix time in ms. */
  at: number;
}

export interface Segment {
  is: "segment";
  key: string;
  /** Grows with every change, so that a page paints only what changed. */
  version: number;
  track: string;
  /** Who speaks, where that is known. */
  speaker?: string | undefined;
  segment: number;
  /** In seconds on the audio timeline, as `end`. */
  start: number;
  end: number;
  /** The number of its first final; none while all of it is partial. */
  seq?: number | undefined;
  original?: Line;
  translations: Map<string, Line>;
}

/** Something that is missing here. */
export interface GapRow {
  is: "gap";
  key: string;
  version: number;
  track: string | null;
  start: number;
  seq?: number | undefined;
  /** Seconds of sound, where it is known. */
  seconds: number | null;
  why: Why;
}

export interface MarkRow {
  is: "mark";
  key: string;
  version: number;
  start: number;
  seq?: number | undefined;
  text: string;
}

export type Row = Segment | GapRow | MarkRow;

/** What a reader of one language sees of a segment. */
export interface Shown {
  line: Line;
  /** It is the original, since the translation is not there yet or will not come. */
  standsIn: boolean;
  /** Nothing of it will change any more. */
  settled: boolean;
}

/** More are shown, but cannot be chosen from. */
const MOST_SPEAKERS = 200;

export class CaptionStore {
  stream: string | undefined;
  /** When its audio timeline began, in Unix ms; unknown for some. */
  startedAt: number | undefined;
  tracks: Track[] = [];
  /** Who has spoken so far. */
  readonly speakers = new Set<string>();
  /** In order of the audio timeline; at equal times in order of the tracks. */
  rows: Row[] = [];

  #last = 0;
  #histories = 0;
  /** Per track the latest segment that has begun: a partial of an earlier one is stale. */
  #newest = new Map<string, number>();
  /** Per track the latest segment that was closed by a restart: nothing but its final may follow. */
  #closed = new Map<string, number>();
  /** Per track the latest finished segment that was taken off the screen: nothing of it returns. */
  #cleared = new Map<string, number>();
  #clearedUpTo = 0;
  /** Rows with lower numbers were removed for want of room; 0: none was. */
  #removedBelow = 0;

  /** `keep`: how many rows a page holds before the oldest go. */
  constructor(private keep = 1000) {}

  /** More rows while somebody reads back: what is being read must not be removed. */
  hold(keep: number): void {
    this.keep = keep;
    this.#trim();
  }

  get isFull(): boolean {
    return this.rows.length >= this.keep;
  }

  /** The number below which rows were removed, where some were. */
  get before(): number | undefined {
    return this.#removedBelow > 1 ? this.#removedBelow : undefined;
  }

  /** Rows that had been removed were added again, from this number on. Where there was no room they were removed once more. */
  reachedBack(from: number): void {
    if (!this.isFull) this.#removedBelow = from;
  }

  /** The first number that is still wanted, for the handshake of the next connection. */
  get from(): number {
    return this.stream === undefined ? 0 : this.#last + 1;
  }

  hello(hello: Hello): void {
    if (hello.stream !== this.stream) {
      this.rows = [];
      this.#last = 0;
      this.#clearedUpTo = 0;
      this.#removedBelow = 0;
      for (const all of [this.#newest, this.#closed, this.#cleared, this.speakers]) all.clear();
    }
    this.stream = hello.stream;
    this.startedAt = hello.started_at;
    this.tracks = hello.tracks;
  }

  /** From `live`: all numbers below `next` were sent, or were filtered out on the reader's wish. */
  reached(next: number): void {
    this.#last = Math.max(this.#last, next - 1);
  }

  /** The pipeline has ended and all finals are out: what is still open will get none. */
  ended(next: number): void {
    this.reached(next);
    for (const track of this.#newest.keys()) this.#dropOpen(track, () => true);
  }

  /** The segment that changed; none where the caption was stale. */
  caption(it: Caption): Segment | undefined {
    if (it.kind === "final") this.#last = Math.max(this.#last, it.seq);
    if (it.segment <= (this.#cleared.get(it.track) ?? -1)) return undefined;
    const known = this.#find(it.track, it.segment);
    if (it.kind === "partial" && this.#isStale(it, known)) return undefined;
    const before = it.of ? known?.translations.get(it.lang) : known?.original;
    if (before && (before.kind === "final" || (it.kind === "partial" && it.revision <= before.revision))) return undefined;

    if (!it.of) this.#begin(it.track, it.segment);
    const row = known ?? this.#open(it);
    if (it.speaker) {
      row.speaker = it.speaker;
      if (this.speakers.size < MOST_SPEAKERS) this.speakers.add(it.speaker);
    }
    const line = lineOf(it);
    if (it.of) row.translations.set(it.lang, line);
    else {
      row.original = line;
      row.end = it.end;
      this.#move(row, it.start);
    }
    if (it.kind === "final") row.seq ??= it.seq;
    row.version += 1;
    this.#trim();
    return row;
  }

  /** The segment that changed; none where what is corrected is not here. */
  correct(it: Correction): Segment | undefined {
    this.#last = Math.max(this.#last, it.seq);
    const row = this.#find(it.track, it.segment);
    const line = it.of === undefined ? row?.original : row?.translations.get(it.lang);
    if (!row || line?.kind !== "final" || line.lang !== it.lang) return undefined;
    const isKnown = !it.masked && (line.corrected === undefined || line.corrected.original !== undefined);
    const original = isKnown ? (line.corrected?.original ?? line.text) : undefined;
    const now: Line = { ...line, text: it.text, committed: it.text.length, untranslated: false, corrected: { original, by: it.by, at: it.at } };
    if (it.of === undefined) row.original = now;
    else row.translations.set(it.lang, now);
    row.version += 1;
    return row;
  }

  gap(it: Gap): void {
    if (it.seq !== null) this.#last = Math.max(this.#last, it.seq);
    const track = it.track ?? null;
    if (track !== null && it.why === "restart") {
      const newest = this.#newest.get(track);
      if (newest !== undefined) this.#closed.set(track, newest);
      this.#dropOpen(track, () => true);
    }
    // The segment may have ended with it. If not, its next revision adds it again.
    if (track !== null && it.why === "fault") this.#dropOpen(track, (row) => row.start >= (it.start ?? 0) && row.start < (it.end ?? 0));
    const key = typeof it.seq === "number" ? `gap ${it.seq}` : `history ${(this.#histories += 1)}`;
    if (this.#isKnown(key, it.seq)) return;
    // A gap of history has no time: it follows what this page still shows.
    const start = it.start ?? this.rows[this.rows.length - 1]?.start ?? Number.NEGATIVE_INFINITY;
    const seconds = typeof it.start === "number" && typeof it.end === "number" ? it.end - it.start : null;
    this.#insert({ is: "gap", key, version: 1, track, start, seq: it.seq ?? undefined, seconds, why: it.why });
    this.#trim();
  }

  mark(it: Mark): void {
    this.#last = Math.max(this.#last, it.seq);
    const key = `mark ${it.seq}`;
    if (this.#isKnown(key, it.seq)) return;
    this.#insert({ is: "mark", key, version: 1, start: it.start, seq: it.seq, text: it.text });
    this.#trim();
  }

  /**
   * Removes everything from the screen. Numbers stay, so that it is not asked for again. `awaited`: a language whose
   * translations may still come and add their segments again.
   */
  clear(awaited?: string): void {
    const open = new Set<string>();
    for (const row of this.rows) {
      if (row.is !== "segment" || !hasFinal(row) || open.has(row.track)) continue;
      if (awaited !== undefined && !shown(row, awaited, this.tracks)?.settled) open.add(row.track);
      else this.#cleared.set(row.track, Math.max(row.segment, this.#cleared.get(row.track) ?? -1));
    }
    this.#clearedUpTo = this.#last;
    this.#removedBelow = 0;
    this.rows = [];
  }

  #isKnown(key: string, seq: number | null): boolean {
    return (typeof seq === "number" && seq <= this.#clearedUpTo) || this.rows.some((row) => row.key === key);
  }

  #isStale(it: Caption, known: Segment | undefined): boolean {
    if (known?.original?.kind === "final") return !it.of;
    return it.segment < (this.#newest.get(it.track) ?? 0) || it.segment <= (this.#closed.get(it.track) ?? -1);
  }

  /** A later segment has begun: an earlier one that is still open was lost, and its partial words are removed. */
  #begin(track: string, segment: number): void {
    if (segment <= (this.#newest.get(track) ?? -1)) return;
    this.#newest.set(track, segment);
    this.#dropOpen(track, (row) => row.segment < segment);
  }

  #dropOpen(track: string, which: (row: Segment) => boolean): void {
    this.rows = this.rows.filter((row) => row.is !== "segment" || row.track !== track || hasFinal(row) || !which(row));
  }

  #find(track: string, segment: number): Segment | undefined {
    // What changes is nearly always near the end.
    for (let at = this.rows.length - 1; at >= 0; at -= 1) {
      const row = this.rows[at]!;
      if (row.is === "segment" && row.segment === segment && row.track === track) return row;
    }
    return undefined;
  }

  #open(it: Caption): Segment {
    const key = `${it.track} ${it.segment}`;
    const row: Segment = { is: "segment", key, version: 0, track: it.track, segment: it.segment, start: it.start, end: it.end, translations: new Map() };
    this.#insert(row);
    return row;
  }

  #move(row: Segment, start: number): void {
    if (row.start === start) return;
    this.rows.splice(this.rows.indexOf(row), 1);
    row.start = start;
    this.#insert(row);
  }

  #insert(row: Row): void {
    let at = this.rows.length;
    while (at > 0 && this.#isAfter(this.rows[at - 1]!, row)) at -= 1;
    this.rows.splice(at, 0, row);
  }

  #isAfter(a: Row, b: Row): boolean {
    if (a.start !== b.start) return a.start > b.start;
    if (a.is !== "segment" || b.is !== "segment") return false;
    if (a.track === b.track) return a.segment > b.segment;
    return this.#order(a.track) > this.#order(b.track);
  }

  #order(track: string): number {
    return this.tracks.findIndex((it) => it.name === track);
  }

  #trim(): void {
    if (this.rows.length <= this.keep) return;
    this.rows.splice(0, this.rows.length - this.keep);
    // A row without a number is new.
    this.#removedBelow = this.rows.find((row) => row.seq !== undefined)?.seq ?? this.#last + 1;
  }
}

/** `lang` absent: the original. `tracks`: what is known of which translations may come. */
export function shown(row: Segment, lang: string | undefined, tracks: readonly Track[] = []): Shown | undefined {
  const translated = lang === undefined ? undefined : row.translations.get(lang);
  if (translated && !translated.untranslated) return { line: translated, standsIn: false, settled: translated.kind === "final" };
  const original = row.original;
  if (!original) return undefined;
  const standsIn = lang !== undefined && lang !== original.lang;
  // Where a translation may still come, the original may still be replaced.
  const track = tracks.find((it) => it.name === row.track);
  const mayCome = !translated?.untranslated && track?.langs.includes(lang ?? "") !== false;
  const settled = original.kind === "final" && (!standsIn || !mayCome);
  return { line: original, standsIn, settled };
}

function lineOf(it: Caption): Line {
  const isFinal = it.kind === "final";
  const prefix = it.committed ?? "";
  return {
    lang: it.lang,
    revision: it.revision,
    kind: it.kind,
    text: it.text,
    committed: isFinal ? it.text.length : it.text.startsWith(prefix) ? prefix.length : 0,
    untranslated: it.untranslated !== undefined,
    ...(it.corrected ? { corrected: { original: it.original, by: it.corrected.by, at: it.corrected.at } } : {}),
  };
}

function hasFinal(row: Segment): boolean {
  return row.original?.kind === "final" || [...row.translations.values()].some((it) => it.kind === "final");
}
