// What the pages say of an event: its colour, when it starts, and the address to join it at.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { whenItStarts } from "../src/before.ts";
import { contrast, ENOUGH, PAPERS, pair, readable } from "../src/contrast.ts";
import { eventPage } from "../src/event-page.ts";
import { isJoinInfo, joinAddress, short, withToken, type JoinInfo } from "../src/join-address.ts";

describe("a colour", () => {
  it("has the contrast that WCAG measures", () => {
    assert.equal(contrast("#000000", "#ffffff"), 21);
    assert.equal(contrast("#777777", "#777777"), 1);
    assert.equal(contrast("#767676", "#ffffff").toFixed(2), "4.54");
    assert.equal(contrast("#ffffff", "#0000ff").toFixed(2), "8.59");
  });

  it("is readable on each paper, whatever it is", () => {
    for (const colour of ["#000000", "#ffffff", "#ffff00", "#0000ff", "#808080", "#ff0000", "#fbfaf7", "#101418", "#00ff00", "#123456"]) {
      const [light, dark] = pair(colour);
      assert.ok(contrast(light, PAPERS.light) >= ENOUGH, `${colour} becomes ${light}`);
      assert.ok(contrast(dark, PAPERS.dark) >= ENOUGH, `${colour} becomes ${dark}`);
    }
  });

  it("stays as it is where it is readable already", () => {
    assert.equal(readable("#0b6a9c", PAPERS.light), "#0b6a9c");
    assert.notEqual(readable("#0b6a9c", PAPERS.dark), "#0b6a9c");
  });
});

describe("the start", () => {
  const starts = Date.UTC(2026, 9, 1, 12, 0);
  const minutes = (count: number): number => starts - count * 60_000;

  it("is told in the time zone of the reader", () => {
    assert.match(whenItStarts(starts, minutes(3_000), "en-GB", "Europe/Amsterdam")!, /^Thursday,? 1 October at 14:00 (CEST|GMT\+2)$/);
    assert.match(whenItStarts(starts, minutes(3_000), "en-US", "America/New_York")!, /8:00\sAM (EDT|GMT-4)$/);
    assert.match(whenItStarts(starts, minutes(3_000), "nl", "Asia/Tokyo")!, /donderdag 1 oktober.*21:00/);
    assert.match(whenItStarts(starts, minutes(600_000), "en-GB", "UTC")!, /2026/, "far ahead with the year");
  });

  it("is told in how long, once it is near, and not at all when it is over", () => {
    assert.match(whenItStarts(starts, minutes(25), "en", "UTC")!, /\(in 25 minutes\)$/);
    assert.match(whenItStarts(starts, minutes(0.5), "en", "UTC")!, /\(in 1 minute\)$/);
    assert.doesNotMatch(whenItStarts(starts, minutes(91), "en", "UTC")!, /\(/);
    assert.equal(whenItStarts(starts, starts, "en", "UTC"), undefined);
    assert.equal(whenItStarts(undefined, 0, "en", "UTC"), undefined);
  });
});

describe("the event", () => {
  it("is taken as far as it has the right shape", () => {
    assert.deepEqual(eventPage({ title: "Town hall", starts: 7, accent: "#0b6a9c", logo: "logo" }), { title: "Town hall", starts: 7, accent: "#0b6a9c", logo: "logo" });
    assert.deepEqual(eventPage({ title: 1, subtitle: " ", welcome: [], starts: "7", accent: "red;", logo: "https://elsewhere.example/a.png" }), {});
    for (const it of [undefined, null, "x", 7]) assert.deepEqual(eventPage(it), {});
  });
});

describe("the address to join at", () => {
  const info = (changes: Partial<JoinInfo> = {}): JoinInfo => ({ addresses: [], only_here: false, languages: [], ...changes });
  const lan = ["http://192.168.1.5:31979", "http://172.17.0.1:31979"];

  it("is the public one, else that of this page, else the best of the machine", () => {
    assert.equal(joinAddress("http://127.0.0.1:31979/join", info({ public_url: "https://captions.example/hall/", addresses: lan })), "https://captions.example/hall");
    assert.equal(joinAddress("http://10.0.0.7:31979/join?colours=dark#x", info({ addresses: lan })), "http://10.0.0.7:31979");
    assert.equal(joinAddress("https://captions.example/hall/join", undefined), "https://captions.example/hall");
    assert.equal(joinAddress("https://captions.example/hall/?view=lines", undefined), "https://captions.example/hall");
    for (const here of ["localhost", "127.0.0.1", "[::1]", "a.localhost"]) {
      assert.equal(joinAddress(`http://${here}:31979/join`, info({ addresses: lan })), lan[0]);
      assert.equal(joinAddress(`http://${here}:31979/join`, info({ only_here: true })), undefined);
      assert.equal(joinAddress(`http://${here}:31979/join`, undefined), undefined);
    }
  });

  it("is short, and carries a token only where one is to be shared", () => {
    assert.equal(short("http://192.168.1.5:31979"), "192.168.1.5:31979");
    assert.equal(short("https://captions.example/hall"), "captions.example/hall");
    assert.equal(withToken("http://192.168.1.5:31979", undefined), "http://192.168.1.5:31979");
    assert.equal(withToken("http://192.168.1.5:31979", "s/cret"), "http://192.168.1.5:31979/#token=s%2Fcret");
  });

  it("comes from answers of the right shape only", () => {
    assert.ok(isJoinInfo(info()));
    for (const it of [null, {}, { addresses: [1], languages: [] }, "x"]) assert.ok(!isJoinInfo(it));
  });
});
