// Pages that were hidden, frozen, in the back/forward cache or offline: when they are back they catch up at once.

export interface Sleeper {
  /** The page is back; maybe nothing has run for a long time. */
  wake(): void;
  /** The page goes into the back/forward cache, and may come back as it was. */
  sleep(): void;
}

/** A page that was hidden for a shorter time has kept its connection. */
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
