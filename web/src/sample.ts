// The sample that the builder shows: what is said, word by word, as the server would send it.
import { nearest } from "./languages.ts";
import type { SampleEvent } from "./preview.ts";
import type { Caption } from "./wire.ts";

/** What is said, in each language. */
const SAID: Record<string, readonly [string, string, string]> = {
  en: ["Good evening, and welcome to all of you.", "The garden stays open until ten.", "After the break we hear the results."],
  ar: ["مساء الخير، وأهلاً بكم جميعاً.", "تبقى الحديقة مفتوحة حتى العاشرة.", "بعد الاستراحة نسمع النتائج."],
  de: ["Guten Abend, und willkommen Ihnen allen.", "Der Garten ist bis zehn Uhr offen.", "Nach der Pause hören wir die Ergebnisse."],
  es: ["Buenas tardes y bienvenidos todos.", "El jardín está abierto hasta las diez.", "Después de la pausa oiremos los resultados."],
  fr: ["Bonsoir et bienvenue à tous.", "Le jardin reste ouvert jusqu’à dix heures.", "Après la pause, nous entendrons les résultats."],
  it: ["Buonasera e benvenuti a tutti.", "Il giardino resta aperto fino alle dieci.", "Dopo la pausa sentiremo i risultati."],
  ja: ["皆さん、こんばんは。ようこそお越しくださいました。", "庭は十時まで開いています。", "休憩の後で結果を聞きます。"],
  nl: ["Goedenavond, en welkom allemaal.", "De tuin blijft tot tien uur open.", "Na de pauze horen we de uitslag."],
  pl: ["Dobry wieczór, witamy wszystkich.", "Ogród jest otwarty do dziesiątej.", "Po przerwie usłyszymy wyniki."],
  pt: ["Boa noite, e bem-vindos a todos.", "O jardim fica aberto até às dez.", "Depois do intervalo ouviremos os resultados."],
  uk: ["Добрий вечір, вітаємо всіх вас.", "Сад відчинений до десятої.", "Після перерви почуємо результати."],
  zh: ["大家晚上好，欢迎各位。", "花园开放到十点。", "休息之后我们来听结果。"],
};

export interface Wanted {
  /** As in the overlay's address; empty: the original, which is English. */
  lang: string;
  tracks: readonly string[];
  speakers: readonly string[];
  sample: "one" | "two" | "gap";
}

export interface Sample {
  hello: SampleEvent;
  /** One after another, each some time after the one before. */
  steps: SampleEvent[][];
  /** So many of them have come where the sample holds still: in the middle of the last sentence. */
  held: number;
}

/** Words that may still change, at the end of a partial. */
const OPEN = 2;

/** Whether there are sentences in that language. Otherwise English ones stand for them. */
export function isSaid(lang: string): boolean {
  return lang === "" || nearest(lang, Object.keys(SAID)) !== undefined;
}

/** `round`: how often it was shown before. Its numbers go on, as those of a server do. */
export function sampleOf({ lang, tracks, speakers, sample }: Wanted, round = 0): Sample {
  const translated = lang !== "" && nearest(lang, ["en"]) === undefined ? (SAID[nearest(lang, Object.keys(SAID)) ?? "en"] ?? SAID.en!) : undefined;
  const first = tracks[0] ?? "hall";
  const names = sample === "two" ? [first, tracks[1] ?? (first === "booth" ? "hall" : "booth")] : [first];
  const [ada = "Ada", ben = "Ben"] = speakers;
  const steps: SampleEvent[][] = [];
  let held = 0;
  SAID.en!.forEach((sentence, at) => {
    const number = round * 3 + at;
    const start = round * 60 + at * 10;
    const track = names[at % names.length]!;
    // Somebody whom the overlay shows: it may leave out all who have no name.
    const speaker = sample === "two" ? { speaker: at % 2 === 0 ? ada : ben } : speakers.length > 0 ? { speaker: ada } : {};
    const base = { seq: number * 10 + 1, track, ...speaker, segment: number, lang: "en", start, end: start + 8 };
    if (sample === "gap" && at === 2) steps.push([["gap", { seq: number * 10, track, start: start - 5, end: start - 2, why: "device" }]]);
    const words = sentence.split(" ");
    words.forEach((_, count) => {
      const heard = words.slice(0, count + 1);
      const committed = heard.slice(0, -OPEN).join(" ");
      steps.push([["caption", { ...base, revision: count, kind: "partial", text: heard.join(" "), committed }]]);
    });
    if (at === 2) held = steps.length;
    const final: Caption = { ...base, revision: words.length, kind: "final", text: sentence };
    steps.push([["caption", final]]);
    if (translated) {
      steps.push([["caption", { ...final, seq: base.seq + 1, lang, text: translated[at]!, of: { lang: "en", revision: words.length } }]]);
    }
  });
  const langs = translated ? [lang] : [];
  const hello = { v: 1, stream: "sample", next: 1, tracks: names.map((name) => ({ name, lang: "en", langs })) };
  return { hello: ["hello", hello], steps, held };
}
