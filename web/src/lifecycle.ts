// A page that sleeps: hidden, frozen, put away whole, or without a network. When it is back it catches up at once.

export interface Sleeper {
  /** Nothing may have run for long. */
  wake(): void;
  /** The page is put away whole, and may come back as it was. */
  sleep(): void;
}

/** In a shorter time nothing goes wrong that the connection itself would not notice. */
const NAP_MS = 10_000;

export function followLifecycle(it: Sleeper): void {
  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (Date.now() - hiddenAt > NAP_MS) it.wake();
  });
  document.addEventListener("resume", () => it.wake());
  window.addEventListener("online", () => it.wake());
  window.addEventListener("pagehide", (event) => event.persisted && it.sleep());
  window.addEventListener("pageshow", (event) => event.persisted && it.wake());
}
