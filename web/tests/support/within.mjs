// Time limits for what a test waits for.

/** Nothing that a test waits for takes longer, on any machine. */
export const SOON_MS = 30_000;

/** Fails with `message()` where `promise` takes longer than `ms`. */
export async function within(promise, ms, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message()} (${ms} ms)`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
