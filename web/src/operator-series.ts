// What a plot shows: the newest values of a few names over time, and how their lines are told apart.

export class Series {
  #times: number[] = [];
  readonly #columns = new Map<string, (number | null)[]>();

  /** At most so many points of so many lines. */
  constructor(
    private readonly maxPoints: number,
    private readonly maxNames: number,
  ) {}

  /** One moment, in s. A name without a value has a hole there. */
  push(at: number, values: Map<string, number | null>): void {
    // A plot needs times that grow.
    if (at <= (this.#times.at(-1) ?? -Infinity)) return;
    for (const name of values.keys()) {
      if (!this.#columns.has(name) && this.#columns.size < this.maxNames) this.#columns.set(name, this.#times.map(() => null));
    }
    this.#times.push(at);
    for (const [name, column] of this.#columns) column.push(values.get(name) ?? null);
    if (this.#times.length <= this.maxPoints) return;
    this.#times.shift();
    for (const [name, column] of this.#columns) {
      column.shift();
      if (column.every((it) => it === null)) this.#columns.delete(name);
    }
  }

  clear(): void {
    this.#times = [];
    this.#columns.clear();
  }

  get names(): string[] {
    return [...this.#columns.keys()];
  }

  get length(): number {
    return this.#times.length;
  }

  /** As uPlot takes it: times, then a column a name. */
  get data(): [number[], ...(number | null)[][]] {
    return [this.#times, ...this.#columns.values()];
  }
}

const COLOURS = 8;
/** Lines are told apart without colours too. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4], [12, 5], [4, 4, 1, 4]];

/** How a plot's line is drawn: the number of its colour, and lengths of dashes and holes in px. No two of 64 are alike. */
export function stroke(at: number): { colour: string; dash: number[] } {
  const round = Math.floor(at / COLOURS);
  return { colour: `--series-${(at % COLOURS) + 1}`, dash: DASHES[(at + round) % DASHES.length]! };
}

/** The same line as the background of an element. */
export function swatch(at: number): string {
  const { colour, dash } = stroke(at);
  let end = 0;
  const parts = dash.map((length, part) => `${part % 2 === 0 ? `var(${colour})` : "transparent"} ${end}px ${(end += length)}px`);
  return parts.length === 0 ? `var(${colour})` : `repeating-linear-gradient(to right, ${parts.join(", ")})`;
}
