// What a plot shows: the newest values of a few names over time, bounded in both.

export class Series {
  readonly #most: number;
  readonly #names: number;
  #times: number[] = [];
  readonly #columns = new Map<string, (number | null)[]>();

  /** `most` points of at most `names` lines. */
  constructor(most: number, names: number) {
    this.#most = most;
    this.#names = names;
  }

  /** One moment, in s. A name without a value has a hole there. */
  push(at: number, values: Map<string, number | null>): void {
    // A plot needs times that grow.
    if (at <= (this.#times.at(-1) ?? -Infinity)) return;
    for (const name of values.keys()) {
      if (!this.#columns.has(name) && this.#columns.size < this.#names) this.#columns.set(name, this.#times.map(() => null));
    }
    this.#times.push(at);
    for (const [name, column] of this.#columns) column.push(values.get(name) ?? null);
    if (this.#times.length <= this.#most) return;
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
