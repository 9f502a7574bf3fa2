// The reader's choices that this browser remembers.
import { stored } from "./storage.ts";

const STORED = stored("localStorage", "livecap.captions");

/** Empty where nothing is stored. */
export function storedSettings(): Record<string, string> {
  try {
    const it: unknown = JSON.parse(STORED.read() ?? "{}");
    return typeof it === "object" && it !== null ? (it as Record<string, string>) : {};
  } catch {
    return {};
  }
}

/** `undefined` removes it: the default need not be stored. */
export function storeSetting(name: string, value: string | undefined): void {
  // JSON leaves out what is undefined.
  STORED.write(JSON.stringify({ ...storedSettings(), [name]: value }));
}

export function forgetSettings(): void {
  STORED.write(undefined);
}
