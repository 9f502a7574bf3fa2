// Settings from the address and from storage, and which of them count.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { READER } from "../src/reader.ts";
import { read, translucent, withSetting } from "../src/settings.ts";
import { OVERLAY } from "../src/streamer.ts";

const from = (query: string, kept = {}) => read(READER, new URLSearchParams(query), kept, ["measure"]);

describe("a reader's settings", () => {
  it("have their defaults where none is given", () => {
    const { values, complaints } = from("");
    assert.deepEqual(complaints, []);
    for (const [name, setting] of Object.entries(READER)) assert.deepEqual(values[name as keyof typeof values], setting.default, name);
  });

  it("from the address go before stored ones", () => {
    const { values } = from("size=200&colours=dark", { size: "150", font: "serif" });
    assert.deepEqual([values.size, values.colours, values.font], [200, "dark", "serif"]);
  });

  it("that are invalid are reported and ignored, stored ones too", () => {
    const { values, complaints } = from("size=huge&colours=pink&lang=<b>&lines=9&keys=perhaps&sise=3", { size: "99999" });
    assert.deepEqual([values.size, values.colours, values.lang, values.lines, values.keys], [100, "system", "", 2, true]);
    assert.equal(complaints.length, 6);
    assert.match(complaints.join("\n"), /size=huge: left out, for it takes a number from 50 to 400/);
    assert.match(complaints.join("\n"), /sise: there is no such setting/);
  });

  it("ignore what is for the bench, and report unknown names", () => {
    assert.deepEqual(from("measure").complaints, []);
    assert.equal(from("constructor=1&__proto__=2").complaints.length, 2);
  });

  it("are in the address only where they are not the default", () => {
    const address = new URL("http://here/?measure&size=150");
    const dark = withSetting(READER, address, "colours", "dark");
    assert.equal(dark.search, "?measure=&size=150&colours=dark");
    assert.equal(withSetting(READER, dark, "size", 100).search, "?measure=&colours=dark");
    assert.equal(withSetting(READER, dark, "tracks", ["one", "two"]).searchParams.get("tracks"), "one,two");
  });

  it("come back as they were written", () => {
    const changed = { view: "lines", lines: 4, lang: "pt-BR", both: true, tracks: ["a", "b c"], speakers: ["Ada, of Lovelace", "100 %"], names: false, size: 55.5, font: "mono", colours: "contrast", width: 61, leading: 200, keys: false, ui: "de", times: true, bar: false, awake: false };
    let address = new URL("http://here/");
    for (const [name, value] of Object.entries(changed)) address = withSetting(READER, address, name as keyof typeof READER, value);
    assert.deepEqual(read(READER, address.searchParams).values, changed);
  });
});

describe("the overlay's settings", () => {
  const of = (query: string) => read(OVERLAY, new URLSearchParams(query));

  it("take colours with and without their sign, short and long", () => {
    assert.deepEqual(["ffcc00", "#FC0", "%23ffcc00"].map((it) => of(`text=${it.replace("#", "%23")}`).values.text), ["#ffcc00", "#fc0", "#ffcc00"]);
    assert.equal(of("outline=none").values.outline, "none");
    assert.equal(of("page=transparent").values.page, "transparent");
    assert.equal(of("text=red;x").complaints.length, 1);
  });

  it("take lengths in pixels and in parts of the window, and no other CSS", () => {
    assert.deepEqual(["48", "48px", "5.5vh", "3vw"].map((it) => of(`size=${it}`).values.size), ["48px", "48px", "5.5vh", "3vw"]);
    for (const it of ["0", "-3", "calc(1px)", "url(x)", "5em", "9999", ""]) assert.equal(of(`size=${encodeURIComponent(it)}`).complaints.length, 1, it);
  });

  it("clear after a silence that is long enough, or never", () => {
    assert.deepEqual(["0", "1", "2.5", "3600"].map((it) => of(`clear=${it}`).values.clear), [0, 1, 2.5, 3600]);
    for (const it of ["0.5", "-1", "4000", "soon"]) assert.equal(of(`clear=${it}`).complaints.length, 1, it);
  });

  it("make a translucent background", () => {
    assert.equal(translucent("#336699", 50), "rgb(51 102 153 / 50%)");
    assert.equal(translucent("#fc0", 0), "rgb(255 204 0 / 0%)");
  });
});
