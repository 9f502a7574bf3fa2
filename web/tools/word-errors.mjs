// Word errors as `livecap bench` counts them, for short texts: words without case and marks, the least number of changes.

/** `words`: of the reference. */
export function wordErrors(reference, text) {
  const [told, heard] = [reference, text].map(words);
  let row = heard.map((_, at) => at + 1);
  row.unshift(0);
  told.forEach((word, at) => {
    const next = [at + 1];
    heard.forEach((it, column) => next.push(Math.min(row[column] + (it === word ? 0 : 1), row[column + 1] + 1, next[column] + 1)));
    row = next;
  });
  return { errors: row.at(-1), words: told.length };
}

export function words(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}' ]/gu, " ").split(/\s+/).filter(Boolean);
}
