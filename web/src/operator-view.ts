// What the page shows beside the graph and the plots: figures, tables, the log.
import { element, setText, text } from "./dom.ts";
import { count, depth, duration, level, path } from "./operator-format.ts";
import { swatch } from "./operator-series.ts";
import { edgeKey, type Graph, type LogLine, type State } from "./operator-wire.ts";
import { timeOfDay } from "./time-of-day.ts";

/** As many lines as the server keeps. */
const LINES = 500;

export function showFacts(state: State): void {
  setText("lag", state.lag_ms === null ? "–" : duration(state.lag_ms));
  setText("viewers", count(state.viewers));
  setText("numbered", `${count(state.log.next - 1)} events`);
  const meter = element("level", HTMLMeterElement);
  meter.value = Math.max(meter.min, state.level_db ?? meter.min);
  setText("level-text", level(state.level_db));
  // One source needs no list of them.
  const many = state.levels.length > 1 ? state.levels : [];
  rows("sources", many.map((it) => [`${it.source}: ${level(it.level_db)}`]), "li");
}

export function showTables(state: State, graph: Graph): void {
  const work = new Map(state.work.map((it) => [it.stage, it]));
  const kinds = new Map(graph.stages.map((it) => [it.name, it.kind]));
  rows("stages", state.stages.map((it) => {
    const done = work.get(it.name);
    const counts = Object.entries(it.counts ?? {}).map(([name, many]) => `${name} ${count(many)}`);
    return [
      it.name, kinds.get(it.name) ?? "–", it.why === undefined ? it.state : `${it.state}: ${it.why}`, count(done?.handled ?? 0),
      duration(done?.busy_ms ?? 0), count(it.restarts ?? 0), count(done?.given_up ?? 0), counts.join(", ") || "–",
    ];
  }));
  const edges = new Map(graph.edges.map((it) => [edgeKey(it), it]));
  rows("edges", state.edges.map((it) => {
    const planned = edges.get(edgeKey(it));
    return [
      `${it.from} → ${it.to}`, planned?.carries ?? "captions", planned?.when_full ?? "drop-oldest", depth(it), `${it.high_water}`,
      duration(it.waited_ms), count(it.taken), count(it.dropped), count(it.coalesced),
    ];
  }));
}

/** `plotted`: the names of the lines in the plot; their rows show how each is drawn. */
export function showLatency(state: State, plotted: string[]): void {
  rows("latency", state.latency.map((it) => [
    `${it.stage}, ${path(it)}`, whole(it.p50), whole(it.p95), whole(it.p99), whole(it.wait?.p95), whole(it.service?.p95), count(it.n),
  ]));
  element("latency").querySelectorAll("tr").forEach((row) => {
    const line = plotted.indexOf(row.firstElementChild?.textContent ?? "");
    if (row.dataset.series === String(line)) return;
    row.dataset.series = String(line);
    row.style.setProperty("--swatch", line < 0 ? "none" : swatch(line));
  });
}

/** Keeps the newest lines in view, unless the reader has scrolled back. */
export function showLines(lines: LogLine[]): void {
  const [place, list] = [element("log"), element("lines")];
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 24;
  for (const line of lines) {
    const item = document.createElement("li");
    item.dataset.level = line.level;
    item.append(text("span", `${timeOfDay(line.at)} ${line.level}`, "when"), " ", text("span", line.text));
    list.append(item);
  }
  while (list.childElementCount > LINES) list.firstElementChild!.remove();
  if (atEnd && lines.length > 0) place.scrollTop = place.scrollHeight;
}

function whole(ms: number | undefined): string {
  return ms === undefined ? "–" : ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}

/** Keeps the cells and changes their text alone, so that what the reader has selected stays selected. */
function rows(id: string, wanted: string[][], kind: "tr" | "li" = "tr"): void {
  const place = element(id);
  while (place.childElementCount > wanted.length) place.lastElementChild!.remove();
  wanted.forEach((cells, at) => {
    const row = place.children[at] ?? place.appendChild(document.createElement(kind));
    if (kind === "li") return setText(row, cells[0]!);
    cells.forEach((words, column) => setText(row.children[column] ?? row.appendChild(cell(column)), words));
  });
}

function cell(column: number): HTMLElement {
  if (column > 0) return document.createElement("td");
  const head = document.createElement("th");
  head.scope = "row";
  return head;
}
