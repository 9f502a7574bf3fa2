// Watches where the settled words of a page are: once shown, a word may move up with its line, and nowhere else.

/** To be called before the page is loaded. */
export async function watchSettledWords(page) {
  await page.addInitScript(watch);
  return {
    /** Looks at the words as they are now, beside after every change. */
    look: () => page.evaluate(() => window.lookAtWords()),
    /** The words that moved, and how many were watched. */
    result: () => page.evaluate(() => window.settledWords),
  };
}

/** Runs in the page. */
function watch() {
  const places = new Map();
  const result = (window.settledWords = { moved: [], seen: 0 });
  // Layout itself rounds to half a pixel; a word that moves moves by a letter or a line.
  const near = (a, b) => Math.abs(a - b) <= 0.5;

  window.lookAtWords = () => {
    const list = document.getElementById("captions").getBoundingClientRect();
    for (const caption of [...document.querySelectorAll(".caption:not([hidden])")].slice(-6)) {
      let number = 0;
      const walker = document.createTreeWalker(caption.querySelector(".words .committed"), NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const { index, 0: word } of node.data.matchAll(/[\p{Script=Han}\p{Script=Hiragana}]|[^\s\p{Script=Han}\p{Script=Hiragana}]+/gu)) {
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + word.length);
          const { left, top } = range.getBoundingClientRect();
          const key = `${caption.dataset.key} ${(number += 1)}`;
          const before = places.get(key);
          const now = { word, left, inList: top - list.top, top };
          if (!before) result.seen += 1;
          else if (before.word !== word || !near(before.left, left) || !near(before.inList, now.inList) || top > before.top + 1.5) {
            result.moved.push({ key, before, now });
          }
          places.set(key, now);
        }
      }
    }
  };
  // After each frame in which something changed, too: what was there for a moment was seen.
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => window.lookAtWords()).observe(document.getElementById("captions"), { subtree: true, childList: true, characterData: true, attributes: true });
  });
}
