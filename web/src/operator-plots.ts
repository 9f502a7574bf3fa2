// Lines over time, by uPlot, in the colours of the style sheet.
import uPlot from "uplot";
import { clock } from "./operator-format.ts";
import { stroke, type Series } from "./operator-series.ts";

const HEIGHT_PX = 190;

export class Plot {
  readonly #place: HTMLElement;
  #series: Series;
  #drawn: { plot: uPlot; names: string } | undefined;

  constructor(place: HTMLElement, series: Series) {
    this.#place = place;
    this.#series = series;
    new ResizeObserver(() => {
      if (place.clientWidth > 0) this.#drawn?.plot.setSize({ width: place.clientWidth, height: HEIGHT_PX });
    }).observe(place);
    // Canvas does not follow the style sheet by itself.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#forget();
      this.draw();
    });
  }

  /** From now on these. */
  show(series: Series): void {
    this.#series = series;
    this.#forget();
    this.draw();
  }

  draw(): void {
    const width = this.#place.clientWidth;
    if (width === 0) return;
    const names = JSON.stringify(this.#series.names);
    if (this.#drawn?.names !== names) {
      this.#forget();
      this.#drawn = { plot: new uPlot(this.#options(width), this.#data(), this.#place), names };
    } else {
      this.#drawn.plot.setData(this.#data());
    }
    // For whoever looks from outside: a canvas tells nothing.
    this.#place.dataset.points = String(this.#series.length);
  }

  #forget(): void {
    this.#drawn?.plot.destroy();
    this.#drawn = undefined;
  }

  #data(): uPlot.AlignedData {
    return this.#series.data as uPlot.AlignedData;
  }

  #options(width: number): uPlot.Options {
    const style = getComputedStyle(this.#place);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    return {
      width,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(10, most * 1.1 || 0)] } },
      axes: [{ ...axis, space: 90, values: (_, all) => all.map((at) => clock(at * 1000)) }, { ...axis, size: 62, values: (_, all) => all.map((it) => `${it} ms`) }],
      series: [
        {},
        ...this.#series.names.map((label, at) => ({
          label,
          stroke: colour(stroke(at).colour),
          width: 2,
          dash: stroke(at).dash,
          points: { show: false },
        })),
      ],
    };
  }
}
