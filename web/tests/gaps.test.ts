import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rowsToShow } from "../src/gaps.ts";
import type { GapRow, Row, Segment } from "../src/caption-store.ts";

const words = (segment: number, track = "english"): Segment => ({ is: "segment", key: `${track} ${segment}`, version: 0, track, segment, start: segment, end: segment + 1, translations: new Map() });
const gap = (seq: number, why: GapRow["why"], seconds: number | null = 1, track: string | null = "english"): GapRow => ({ is: "gap", key: `gap ${seq}`, version: 1, track, start: seq, seq, seconds, why });
const all = { tracks: [], speakers: [], gaps: true };
const said = (rows: Row[]): string => rows.map((it) => (it.is === "gap" ? `${it.why} ${it.seconds}` : it.key)).join(", ");

describe("what is shown", () => {
  it("tells gaps that follow each other for one reason once, with all that is missing", () => {
    const rows = [words(1), gap(2, "paused", 3), gap(3, "paused", 4), gap(4, "device"), words(5), gap(6, "paused")];
    assert.equal(said(rowsToShow(rows, all)), "english 1, paused 7, device 1, english 5, paused 1");
    const [, merged] = rowsToShow(rows, all);
    assert.equal(merged!.version, 2, "it is painted anew when it grows");
    assert.equal(said(rowsToShow([words(1), gap(2, "paused", null), gap(3, "paused", 4)], all)), "english 1, paused null");
    assert.equal(said(rowsToShow([words(1), gap(2, "paused"), gap(3, "paused", 1, "dutch")], all)), "english 1, paused 1, paused 1");
  });

  it("misses nothing before the first words, but for what is no longer kept", () => {
    assert.equal(said(rowsToShow([gap(1, "device"), words(2)], all)), "english 2");
    assert.equal(said(rowsToShow([gap(1, "history"), gap(2, "device"), words(2)], all)), "history 1, english 2");
    assert.equal(said(rowsToShow([gap(1, "device")], all)), "");
  });

  it("leaves gaps out where nobody wants them, and other tracks", () => {
    assert.equal(said(rowsToShow([words(1), gap(2, "device"), words(3)], { ...all, gaps: false })), "english 1, english 3");
    assert.equal(said(rowsToShow([words(1), words(2, "dutch"), gap(3, "device", 1, "dutch"), gap(4, "device", 1, null)], { ...all, tracks: ["english"] })), "english 1, device 1");
  });

  it("leaves out who is not wanted, with what is missing of tracks, and keeps marks", () => {
    const of = (segment: number, speaker?: string, track?: string): Row => ({ ...words(segment, track), speaker });
    const rows: Row[] = [of(1, "Ada"), of(2, "Ben", "b"), of(3), gap(4, "device"), { is: "mark", key: "mark", version: 1, start: 5, text: "Break" }];
    assert.equal(said(rowsToShow(rows, { ...all, speakers: ["Ada"] })), "english 1, mark");
    assert.equal(said(rowsToShow(rows, { ...all, speakers: ["Ada", "Ben"], tracks: ["b"] })), "b 2, mark");
  });
});
