// Finds words in a text without regard to case and accents.

/** In UTF-16 units of the text that was searched. */
export interface Hit {
  from: number;
  to: number;
}

interface Folded {
  text: string;
  /** For each unit of `text`: where the character it comes from begins and ends. */
  from: number[];
  to: number[];
}

/** A character with the marks that belong to it. */
const CHARACTER = /\P{M}\p{M}*|\p{M}+/gsu;
/** Accents, vowel points and the like, but no vowels of Indic scripts, which tell words apart. */
const ACCENT = /(?![\u3099\u309a])(?=\p{Mn})[\p{Script=Inherited}\p{Script=Hebrew}\p{Script=Arabic}]/gu;
const IN_WORD = /[\p{L}\p{M}\p{N}]/u;
const SPACELESS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function fold(text: string): Folded {
  const folded: Folded = { text: "", from: [], to: [] };
  for (const { 0: character, index } of text.matchAll(CHARACTER)) {
    // By way of upper case, so that ß is ss and both small sigmas are one.
    const plain = character.normalize("NFKD").replace(ACCENT, "").toUpperCase().toLowerCase().replace(/\s/u, " ").normalize("NFC");
    folded.text += plain;
    for (let at = 0; at < plain.length; at++) {
      folded.from.push(index);
      folded.to.push(index + character.length);
    }
  }
  return folded;
}

/** What is looked for, as `hits` takes it; empty where there is nothing to look for. */
export function wantedOf(typed: string): string {
  return fold(typed.trim().replace(/\s+/gu, " ")).text;
}

/** Where `wanted` stands: from the beginning of a word, and in a script without spaces anywhere. */
export function hits(text: string, wanted: string): Hit[] {
  if (wanted === "") return [];
  const { text: folded, from, to } = fold(text);
  const found: Hit[] = [];
  let at = folded.indexOf(wanted);
  while (at >= 0) {
    const isHit = beginsWord(folded, at);
    if (isHit) found.push({ from: from[at]!, to: to[at + wanted.length - 1]! });
    at = folded.indexOf(wanted, isHit ? at + wanted.length : at + 1);
  }
  return found;
}

function beginsWord(text: string, at: number): boolean {
  const first = String.fromCodePoint(text.codePointAt(at)!);
  const before = [...text.slice(Math.max(0, at - 2), at)].pop();
  return before === undefined || !IN_WORD.test(first) || !IN_WORD.test(before) || SPACELESS.test(first) || SPACELESS.test(before);
}
