// Shortcuts of single keys: what each does, and where a key press is not one.

export type Action = "settings" | "help" | "view" | "larger" | "smaller" | "usual" | "colours" | "original" | "newest" | "full" | "close";

/** As listed in the panel and in docs/pages.md. */
export const SHORTCUTS: readonly { keys: readonly string[]; action: Action; does: string }[] = [
  { keys: ["s"], action: "settings", does: "settings, open or closed" },
  { keys: ["v"], action: "view", does: "whole transcript, or its last lines" },
  { keys: ["+", "="], action: "larger", does: "larger text" },
  { keys: ["-"], action: "smaller", does: "smaller text" },
  { keys: ["0"], action: "usual", does: "text of the usual size" },
  { keys: ["c"], action: "colours", does: "next colours" },
  { keys: ["o"], action: "original", does: "original beside the translation" },
  { keys: ["l", "End"], action: "newest", does: "to the newest line" },
  { keys: ["f"], action: "full", does: "full screen, and back" },
  { keys: ["?"], action: "help", does: "this list" },
  { keys: ["Escape"], action: "close", does: "close the settings" },
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
