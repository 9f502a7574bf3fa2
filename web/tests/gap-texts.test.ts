import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { gapText, type GapText } from "../src/gap-texts.ts";
import { onTexts } from "../src/texts.ts";

/** The files that were asked for. */
const asked: string[] = [];
globalThis.fetch = async (path) => {
  asked.push(String(path));
  return new Response(readFileSync(`src/${String(path)}`));
};

/** The text once the file of its language has come. */
async function whole(...given: Parameters<typeof gapText>): Promise<GapText> {
  const come = new Promise<void>(onTexts);
  const before = asked.length;
  const first = gapText(...given);
  if (asked.length === before) return first;
  assert.equal(first.lang, "en", "English does while the file is on its way");
  await come;
  return gapText(...given);
}

describe("the text of a gap", () => {
  it("is in the first wanted language that has texts, whatever its region, else in English", async () => {
    assert.deepEqual(await whole("paused", null, ["nl-BE", "en"]), { lang: "nl", text: "hier waren de ondertitels gepauzeerd" });
    assert.deepEqual(await whole("paused", null, [undefined, "de"]), { lang: "de", text: "hier waren die Untertitel angehalten" });
    assert.deepEqual(await whole("paused", null, ["eo", "auto"]), { lang: "en", text: "the captions were paused here" });
    assert.equal((await whole("paused", null, ["constructor"])).lang, "en");
    assert.deepEqual(asked, ["texts/nl.json", "texts/de.json"], "each file alone, and once");
  });

  it("tells how long, from a second on, and knows a reason that it does not know", async () => {
    assert.equal((await whole("device", 12.4, ["fr"])).text, "aucun son du micro ici (12\u00a0s)");
    assert.equal((await whole("device", 0.9, ["fr"])).text, "aucun son du micro ici");
    assert.equal((await whole("moonlight", 3, ["en"])).text, "some words were lost here (3\u00a0s)");
  });
});
