// One text that the browser stores for this site. It may refuse to, in a private window for example: then nothing is stored.

export interface Stored {
  read(): string | undefined;
  /** `undefined` removes it. */
  write(value: string | undefined): void;
}

export function stored(area: "localStorage" | "sessionStorage", key: string): Stored {
  return {
    read() {
      try {
        return window[area].getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        if (value === undefined) window[area].removeItem(key);
        else window[area].setItem(key, value);
      } catch {
        // The page works without.
      }
    },
  };
}
