// Shortcuts of single keys: what each does, and where a key press is not one.

export type Action = "settings" | "help" | "view" | "larger" | "smaller" | "usual" | "colours" | "original" | "newest" | "search" | "bar" | "join" | "full" | "close";

/** As listed in the panel, with the text `keys.…`, and in docs/pages.md. */
export const SHORTCUTS: readonly { keys: readonly string[]; action: Action }[] = [
  { keys: ["s"], action: "settings" },
  { keys: ["v"], action: "view" },
  { keys: ["+", "="], action: "larger" },
  { keys: ["-"], action: "smaller" },
  { keys: ["0"], action: "usual" },
  { keys: ["c"], action: "colours" },
  { keys: ["o"], action: "original" },
  { keys: ["l", "End"], action: "newest" },
  { keys: ["/"], action: "search" },
  { keys: ["b"], action: "bar" },
  { keys: ["j"], action: "join" },
  { keys: ["f"], action: "full" },
  { keys: ["?"], action: "help" },
  { keys: ["Escape"], action: "close" },
];

export interface Pressed {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  /** The focus is in a field, which takes the key. */
  inField: boolean;
}

/** `on`: shortcuts are switched on. Escape closes in any case. */
export function action({ key, ctrlKey, altKey, metaKey, inField }: Pressed, on: boolean): Action | undefined {
  if (ctrlKey || altKey || metaKey) return undefined;
  const found = SHORTCUTS.find((it) => it.keys.includes(key.length === 1 ? key.toLowerCase() : key))?.action;
  if (found === "close") return found;
  return on && !inField ? found : undefined;
}

/** Calls `act` for each key press that is a shortcut; it returns whether the key has done something. */
export function followKeys(areOn: () => boolean, act: (wanted: Action) => boolean): void {
  document.addEventListener("keydown", (event) => {
    const inField = event.target instanceof HTMLElement && event.target.closest("input, select, textarea") !== null;
    const { key, ctrlKey, altKey, metaKey } = event;
    const wanted = action({ key, ctrlKey, altKey, metaKey, inField }, areOn());
    if (wanted !== undefined && act(wanted)) event.preventDefault();
  });
}
