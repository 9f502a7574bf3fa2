// Settings from the URL and from storage: what each may be, and which value counts. Pure; the pages apply them.

/** One setting: its default, and how it is read from a URL; `undefined` from `parse` means that the value is invalid. */
export interface Setting<T> {
  readonly default: T;
  parse(given: string): T | undefined;
  write(value: T): string;
  /** What a valid value is, for the complaint about an invalid one. */
  readonly expected: string;
}

export type Table = Record<string, Setting<any>>;
export type Values<T extends Table> = { [K in keyof T]: T[K]["default"] };

/** One word of a few. */
export interface Choice<W extends string> extends Setting<W> {
  readonly words: readonly W[];
}

export function choice<const W extends readonly string[]>(words: W, initial: W[number]): Choice<W[number]> {
  return { default: initial, words, parse: (given) => (words.includes(given) ? given : undefined), write: String, expected: `one of ${words.join(", ")}` };
}

/** A number between two others, both included. */
export interface Range extends Setting<number> {
  readonly least: number;
  readonly most: number;
}

export function number(initial: number, least: number, most: number): Range {
  const parse = (given: string): number | undefined => {
    const it = given.trim() === "" ? Number.NaN : Number(given);
    return it >= least && it <= most ? it : undefined;
  };
  return { default: initial, least, most, parse, write: String, expected: `a number from ${least} to ${most}` };
}

export function flag(initial: boolean): Setting<boolean> {
  const words: Record<string, boolean> = { on: true, off: false, "1": true, "0": false, true: true, false: false, yes: true, no: false };
  return { default: initial, parse: (given) => words[given.toLowerCase()], write: (it) => (it ? "on" : "off"), expected: "on or off" };
}

/** A language as BCP 47 writes it; empty: the original. */
export function language(): Setting<string> {
  return { default: "", parse: (given) => (/^[A-Za-z0-9-]{0,35}$/.test(given) ? given : undefined), write: String, expected: "a language code such as nl" };
}

/** Names with commas between them; none: all. A comma in a name is written as %2C, a percent sign as %25. */
export function names(): Setting<readonly string[]> {
  const plain = (it: string): string => it.trim().replace(/%2c|%25/gi, decodeURIComponent);
  const parse = (given: string): string[] => [...new Set(given.split(",").map(plain).filter(Boolean))];
  const write = (all: readonly string[]): string => all.map((it) => it.replace(/[,%]/g, encodeURIComponent)).join(",");
  return { default: [], parse, write, expected: "names with commas between them" };
}

/** One of the page's own fonts, or the name of a font that is installed where the page is shown. */
export function font<const W extends readonly string[]>(words: W, initial: W[number]): Setting<string> {
  // Nothing that CSS could take for its own: the name is put between quotes.
  const isName = (it: string): boolean => /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._&+'()-]{0,79}$/u.test(it);
  const parse = (given: string): string | undefined => (isName(given.trim()) ? given.trim() : undefined);
  return { default: initial, parse, write: String, expected: `one of ${words.join(", ")}, or the name of an installed font` };
}

/** `#rgb`, `#rrggbb`, the same without `#` (which begins a fragment in a URL), or one of the words. */
export function colour(initial: string, ...words: string[]): Setting<string> {
  const parse = (given: string): string | undefined => {
    if (words.includes(given)) return given;
    const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(given)?.[1];
    return digits === undefined ? undefined : `#${digits.toLowerCase()}`;
  };
  return { default: initial, parse, write: (it) => sixDigits(it), expected: ["a colour such as ffcc00", ...words].join(" or ") };
}

/** A length: a number of pixels, or of hundredths of the window's height or width. */
export function length(initial: string, most: number): Setting<string> {
  const parse = (given: string): string | undefined => {
    const [, digits, unit] = /^(\d{1,4}(?:\.\d+)?)(px|vh|vw)?$/.exec(given.trim()) ?? [];
    return digits !== undefined && Number(digits) > 0 && Number(digits) <= most ? `${Number(digits)}${unit ?? "px"}` : undefined;
  };
  return { default: initial, parse, write: String, expected: `a length of at most ${most}, such as 48, 48px, 5vh or 3vw` };
}

/** `#rgb` and `#rrggbb` as `rrggbb`; a word stays what it is. */
export function sixDigits(it: string): string {
  return it.replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3").replace(/^#/, "");
}

/** `#rrggbb` with this opacity in percent. */
export function translucent(it: string, percent: number): string {
  const digits = sixDigits(it);
  const [red, green, blue] = [0, 2, 4].map((at) => Number.parseInt(digits.slice(at, at + 2), 16));
  return `rgb(${red} ${green} ${blue} / ${percent}%)`;
}

export interface Read<T extends Table> {
  values: Values<T>;
  /** What was invalid, in words. */
  complaints: string[];
}

/** The URL goes before storage, and that before the default. `others`: names in the URL that are no settings. */
export function read<T extends Table>(table: T, query: URLSearchParams, stored: Record<string, string> = {}, others: readonly string[] = []): Read<T> {
  const complaints = [...new Set(query.keys())]
    .filter((name) => !Object.hasOwn(table, name) && !others.includes(name))
    .map((name) => `${name}: there is no such setting; there are ${Object.keys(table).join(", ")}`);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const given = query.get(name);
    const asked = given === null ? undefined : setting.parse(given);
    if (given !== null && asked === undefined) complaints.push(`${name}=${given}: left out, for it takes ${setting.expected}`);
    const before = stored[name];
    values[name] = asked ?? (typeof before === "string" ? setting.parse(before) : undefined) ?? setting.default;
  }
  return { values: values as Values<T>, complaints };
}

/** All settings as a query, in the order of the table; defaults are left out. */
export function written<T extends Table>(table: T, values: Values<T>): URLSearchParams {
  const address = Object.entries(values).reduce((url, [name, value]) => withSetting(table, url, name, value), new URL("http://any"));
  return address.searchParams;
}

/** The same address with one setting changed; defaults are left out. */
export function withSetting<T extends Table>(table: T, address: URL, name: keyof T & string, value: unknown): URL {
  const url = new URL(address);
  const setting = table[name]!;
  const written = setting.write(value);
  if (written === setting.write(setting.default)) url.searchParams.delete(name);
  else url.searchParams.set(name, written);
  return url;
}

/** The same address with the stored settings that it lacks. */
export function withStored<T extends Table>(table: T, address: URL, stored: Record<string, string>, values: Values<T>): URL {
  const isMissing = (name: string): boolean => Object.hasOwn(table, name) && !address.searchParams.has(name);
  return Object.keys(stored).filter(isMissing).reduce((url, name) => withSetting(table, url, name, values[name]), address);
}
