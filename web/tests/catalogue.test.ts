// The texts of the pages: complete in every language, and the language that a reader gets.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ENGLISH, format, localeOf, pageLanguage, type Text } from "../src/catalogue.ts";
import { direction } from "../src/direction.ts";
import { t, TEXT_LANGUAGES } from "../src/texts.ts";

const catalogueOf = (lang: string): Record<string, Text> => JSON.parse(readFileSync(`src/texts/${lang}.json`, "utf8")) as Record<string, Text>;
const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];
const forms = (text: Text): string[] => (typeof text === "string" ? [text] : Object.values(text));
const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

describe("the catalogues", () => {
  it("are the files that the pages know of, one from right to left among them", () => {
    const files = readdirSync("src/texts").map((it) => it.replace(".json", ""));
    assert.deepEqual([...TEXT_LANGUAGES].sort(), files.sort());
    assert.ok(files.length >= 11, `${files.length}`);
    assert.ok(files.some((it) => direction(it) === "rtl"));
    for (const lang of files) assert.deepEqual(Intl.getCanonicalLocales(lang), [lang], "a language as BCP 47 writes it");
  });

  for (const lang of TEXT_LANGUAGES) {
    it(`have every text with its placeholders, and the plural forms of the language: ${lang}`, () => {
      const theirs = catalogueOf(lang);
      assert.deepEqual(Object.keys(theirs), Object.keys(ENGLISH), "the keys of en.json, in its order");
      const needed = new Intl.PluralRules(lang).resolvedOptions().pluralCategories;
      for (const [key, english] of Object.entries(ENGLISH)) {
        const text = theirs[key]!;
        assert.equal(typeof text, typeof english, key);
        // Releases of ICU differ: one more than is needed here may be needed elsewhere.
        const missing = typeof text === "string" ? [] : needed.filter((it) => text[it] === undefined);
        const unknown = typeof text === "string" ? [] : Object.keys(text).filter((it) => !CATEGORIES.includes(it));
        assert.deepEqual([missing, unknown], [[], []], `${key}: plural categories that ${lang} needs and lacks, and words that are none`);
        for (const it of forms(text)) {
          assert.ok(it.trim() !== "" && it === it.trim(), `${key}: "${it}"`);
          assert.deepEqual(placeholders(it), placeholders(forms(english)[0]!), `${key}: the placeholders`);
          assert.doesNotMatch(it, /[<>]/, `${key}: a text is no markup`);
        }
      }
    });
  }

  it("are in other words than English", () => {
    for (const lang of TEXT_LANGUAGES.filter((it) => it !== "en")) {
      const theirs = catalogueOf(lang);
      const same = Object.keys(ENGLISH).filter((key) => JSON.stringify(theirs[key]) === JSON.stringify(ENGLISH[key as keyof typeof ENGLISH]));
      assert.ok(same.length < 8, `${lang}: ${same.join(", ")}`);
    }
  });
});

describe("a text", () => {
  it("gets its values, and writes numbers as the language does", () => {
    assert.equal(format("de", "{name}: {n} von {m}", { name: "Saal", n: 1234.5, m: 2 }), "Saal: 1.234,5 von 2");
    assert.equal(format("en", "{n}", { n: 123_456 }, "en-IN"), "1,23,456");
    assert.equal(format("en", "{unknown} and {name}", { name: "{unknown}" }), "{unknown} and {unknown}");
  });

  it("has the plural form that the language uses for the number", () => {
    const text = { one: "{count} plik", few: "{count} pliki", many: "{count} plików", other: "{count} pliku" };
    assert.deepEqual([1, 2, 5, 22, 1.5].map((count) => format("pl", text, { count })), ["1 plik", "2 pliki", "5 plików", "22 pliki", "1,5 pliku"]);
    assert.equal(format("en", { one: "one", other: "many" }), "many", "without a number");
  });

  it("is in English before another language has come", () => {
    assert.equal(t("status.live"), "live");
    assert.match(t("why.missing", { count: 1, names: "hall" }), /no track here called hall/);
    assert.match(t("why.missing", { count: 2, names: "a and b" }), /no tracks here called a and b/);
  });
});

describe("the language of the page", () => {
  const there = ["ar", "de", "en", "nl", "pt", "zh"];

  it("is the one that is chosen, else the first of the browser's that there is", () => {
    assert.equal(pageLanguage("nl", ["de", "en"], there), "nl");
    assert.equal(pageLanguage("", ["eo", "de-AT", "en"], there), "de");
    assert.equal(pageLanguage("", ["en-GB", "de"], there), "en");
    assert.equal(pageLanguage("eo", ["de"], there), "de", "one that there is not is left to the browser");
    assert.equal(pageLanguage("", [], there), "en");
  });

  it("may be of another region, and knows that a code can be written in several ways", () => {
    assert.equal(pageLanguage("", ["pt-BR"], there), "pt");
    assert.equal(pageLanguage("", ["zh-Hant-TW"], there), "zh");
    assert.equal(pageLanguage("NL_be", [], there), "nl");
    assert.equal(pageLanguage("", ["pt-BR"], [...there, "pt-BR"]), "pt-BR");
  });

  it("writes numbers and times with the reader's region where the browser names one", () => {
    assert.equal(localeOf("en", ["de", "en-GB"]), "en-GB");
    assert.equal(localeOf("de", ["en-GB"]), "de");
  });
});
