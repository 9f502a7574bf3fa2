// What the page shows beside the graph and the plots: facts, tables, lines of the log.
import { clock, count, depth, duration, level, path } from "./operator-format.ts";
import { swatch } from "./operator-series.ts";
import type { Graph, LogLine, State } from "./operator-wire.ts";

/** As many lines as the server keeps. */
const LINES = 500;

export function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Only where it changed: a screen reader is told of nothing else. */
export function say(id: string, text: string): void {
  const place = element(id);
  if (place.textContent !== text) place.textContent = text;
}

/** Shown with this text, or hidden without. */
export function tell(id: string, text: string | undefined): void {
  say(id, text ?? "");
  element(id).hidden = text === undefined || text === "";
}

export function showFacts(state: State): void {
  say("lag", state.lag_ms === null ? "–" : duration(state.lag_ms));
  say("viewers", count(state.viewers));
  say("numbered", `${count(state.log.next - 1)} events`);
  const meter = element<HTMLMeterElement>("level");
  meter.value = Math.max(meter.min, state.level_db ?? meter.min);
  say("level-text", level(state.level_db));
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
  const edges = new Map(graph.edges.map((it) => [JSON.stringify([it.from, it.to]), it]));
  rows("edges", state.edges.map((it) => {
    const planned = edges.get(JSON.stringify([it.from, it.to]));
    return [
      `${it.from} → ${it.to}`, planned?.carries ?? "captions", planned?.when_full ?? "drop-oldest", depth(it), `${it.high_water}`,
      duration(it.waited_ms), count(it.taken), count(it.dropped), count(it.coalesced),
    ];
  }));
}

/** `plotted`: the names of the lines, each of which has its swatch. */
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

/** The newest stay in sight, unless the reader has gone back. */
export function showLines(lines: LogLine[]): void {
  const [place, list] = [element("log"), element("lines")];
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 24;
  for (const line of lines) {
    const [item, when, what] = [document.createElement("li"), document.createElement("span"), document.createElement("span")];
    item.dataset.level = line.level;
    when.className = "when";
    when.textContent = `${clock(line.at)} ${line.level}`;
    what.textContent = line.text;
    item.append(when, " ", what);
    list.append(item);
  }
  while (list.childElementCount > LINES) list.firstElementChild!.remove();
  if (atEnd && lines.length > 0) place.scrollTop = place.scrollHeight;
}

function whole(ms: number | undefined): string {
  return ms === undefined ? "–" : ms < 10 ? ms.toFixed(1) : String(Math.round(ms));
}

/** Cells are kept and only their text is changed: a reader who has marked some of it keeps that. */
function rows(id: string, wanted: string[][], kind: "tr" | "li" = "tr"): void {
  const place = element(id);
  while (place.childElementCount > wanted.length) place.lastElementChild!.remove();
  wanted.forEach((cells, at) => {
    const row = place.children[at] ?? place.appendChild(document.createElement(kind));
    if (kind === "li") return void (row.textContent === cells[0] || (row.textContent = cells[0]!));
    cells.forEach((text, column) => {
      const cell = row.children[column] ?? row.appendChild(head(column));
      if (cell.textContent !== text) cell.textContent = text;
    });
  });
}

function head(column: number): HTMLElement {
  const cell = document.createElement(column === 0 ? "th" : "td");
  if (column === 0) cell.setAttribute("scope", "row");
  return cell;
}
