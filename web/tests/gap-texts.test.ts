import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gapText } from "../src/gap-texts.ts";

describe("the text of a gap", () => {
  it("is in the first wanted language that is known, whatever its region, else in English", () => {
    assert.deepEqual(gapText("paused", null, ["nl-BE", "en"]), { lang: "nl", text: "hier waren de ondertitels gepauzeerd" });
    assert.deepEqual(gapText("paused", null, [undefined, "de"]), { lang: "de", text: "hier waren die Untertitel angehalten" });
    assert.deepEqual(gapText("paused", null, ["eo", "auto"]), { lang: "en", text: "the captions were paused here" });
    assert.equal(gapText("paused", null, ["constructor"]).lang, "en");
  });

  it("tells how long, from a second on, and knows a reason that it does not know", () => {
    assert.equal(gapText("device", 12.4, ["fr"]).text, "aucun son du micro ici (12 s)");
    assert.equal(gapText("device", 0.9, ["fr"]).text, "aucun son du micro ici");
    assert.equal(gapText("moonlight", 3, ["en"]).text, "some words were lost here (3 s)");
  });
});
