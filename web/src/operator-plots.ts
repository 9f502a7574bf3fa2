// Lines over time, by uPlot, in the colours of the style sheet.
import uPlot from "uplot";
import { stroke, type Series } from "./operator-series.ts";
import { timeOfDay } from "./time-of-day.ts";

const HEIGHT_PX = 190;

export class Plot {
  #drawn: { plot: uPlot; names: string } | undefined;

  constructor(
    private readonly place: HTMLElement,
    private series: Series,
  ) {
    new ResizeObserver(() => {
      if (place.clientWidth > 0) this.#drawn?.plot.setSize({ width: place.clientWidth, height: HEIGHT_PX });
    }).observe(place);
    // A canvas does not follow the style sheet.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.show(this.series);
    });
  }

  /** Plots these from now on. */
  show(series: Series): void {
    this.series = series;
    this.#remove();
    this.draw();
  }

  draw(): void {
    const width = this.place.clientWidth;
    if (width === 0) return;
    const names = JSON.stringify(this.series.names);
    if (this.#drawn?.names !== names) {
      this.#remove();
      this.#drawn = { plot: new uPlot(this.#options(width), this.#data(), this.place), names };
    } else {
      this.#drawn.plot.setData(this.#data());
    }
    // For the tests: nobody can look into a canvas.
    this.place.dataset.points = String(this.series.length);
  }

  #remove(): void {
    this.#drawn?.plot.destroy();
    this.#drawn = undefined;
  }

  #data(): uPlot.AlignedData {
    return this.series.data as uPlot.AlignedData;
  }

  #options(width: number): uPlot.Options {
    const colour = (name: string): string => {
      // The browser resolves `light-dark()` in properties that are colours.
      this.place.style.color = `var(${name})`;
      return getComputedStyle(this.place).color;
    };
    const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 } };
    return {
      width,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(10, most * 1.1 || 0)] } },
      axes: [{ ...axis, space: 90, values: (_, all) => all.map((at) => timeOfDay(at * 1000)) }, { ...axis, size: 62, values: (_, all) => all.map((it) => `${it} ms`) }],
      series: [
        {},
        ...this.series.names.map((label, at) => ({
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
