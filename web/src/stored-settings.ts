// What this browser remembers of a reader's choices, where it may remember anything.

const NAME = "livecap.captions";

/** Empty where nothing was kept, or where the browser keeps nothing for this page. */
export function kept(): Record<string, string> {
  try {
    const it: unknown = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    return typeof it === "object" && it !== null ? (it as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** `undefined`: as usual, which need not be kept. */
export function keep(name: string, value: string | undefined): void {
  try {
    const all = kept();
    if (value === undefined) delete all[name];
    else all[name] = value;
    localStorage.setItem(NAME, JSON.stringify(all));
  } catch {
    // A browser that keeps nothing still shows captions.
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(NAME);
  } catch {
    // Nothing was kept.
  }
}
