// Made-up speech as lines of captions: partials that commit more and more words, and err in the last ones.

const WORDS = {
  en: "the and of to in that we it is was for on are with as they at be this have from or one had by word but not what all were when your can said there use an each which she do how their if will up other about out many then them these so some her would make like him into time has look two more write go see number no way could people than first water been call who oil its now find long down day did get come made may part everybody understandably international".split(" "),
  he: "שלום בוקר טוב לכולם אנחנו מתחילים היום עם הנושא הראשון שהוא חשוב מאוד ואחר כך נמשיך אל השאלות של הקהל בבקשה לשבת תודה רבה לכם על הסבלנות".split(" "),
};

/** mulberry32: the same numbers for the same seed, from 0 to 1. */
export function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Each text differs from the one before it, so that a test can wait for it. */
export function speech(random, segments, lang = "en") {
  const pick = () => WORDS[lang][Math.floor(random() * WORDS[lang].length)];
  const lines = [];
  for (let segment = 1; segment <= segments; segment += 1) {
    const said = Array.from({ length: 4 + Math.floor(random() * 20) }, pick);
    said[0] = `${said[0]}${segment}`;
    let committed = 0;
    for (let heard = 1; heard <= said.length; heard += 1 + Math.floor(random() * 3)) {
      committed = Math.max(committed, heard - 3 - Math.floor(random() * 3));
      // The last words are guesses, now more of them and now fewer.
      const guessed = Array.from({ length: Math.floor(random() * 5) }, pick);
      const text = [...said.slice(0, Math.max(committed, heard - 1)), ...guessed, `${pick()}${lines.length}`].join(" ");
      lines.push({ type: "intermediate", segment, lang, text, committed: said.slice(0, committed).join(" ") });
    }
    lines.push({ type: "final", segment, lang, text: `${said.join(" ")} ${lines.length}.` });
  }
  return lines;
}
