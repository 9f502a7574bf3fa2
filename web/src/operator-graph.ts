// The pipeline drawn as SVG, once; its numbers are updated as they come.
import { setText } from "./dom.ts";
import { depth, duration, fullness, level, losses, rate, restarts, type Reading } from "./operator-format.ts";
import { layout, type Size } from "./operator-layout.ts";
import { edgeKey, type Edge, type Graph, type Stage, type State, type Work } from "./operator-wire.ts";

const ACROSS: Size = { width: 176, height: 92, gap: 128, apart: 28 };
const DOWN: Size = { width: 168, height: 92, gap: 74, apart: 20 };
/** Below this width of the page the flow goes downwards. */
const BROAD_PX = 700;
/** Scaled below this the text is too small to read: the graph is scrolled instead. */
const SMALLEST = 0.62;
const LONGEST_NAME = 20;
const NAMESPACE = "http://www.w3.org/2000/svg";

interface Box {
  group: SVGElement;
  why: SVGElement;
  state: SVGElement;
  rate: SVGElement;
}

interface Line {
  group: SVGElement;
  why: SVGElement;
  depth: SVGElement;
  loss: SVGElement;
}

export class GraphView {
  #graph: Graph | undefined;
  #across: boolean | undefined;
  #boxes = new Map<string, Box>();
  #lines = new Map<string, Line>();
  #state: State | undefined;
  readonly #before = new Map<string, Reading<Work>>();

  constructor(private readonly place: HTMLElement) {
    // A phone that is turned gets the other direction.
    new ResizeObserver(() => this.#draw()).observe(place);
  }

  show(graph: Graph): void {
    this.#graph = graph;
    this.#across = undefined;
    this.#before.clear();
    this.#draw();
  }

  update(state: State): void {
    this.#state = state;
    const work = new Map(state.work.map((it) => [it.stage, it]));
    for (const stage of state.stages) this.#stage(stage, work.get(stage.name), state.now);
    // A source takes no items: its level shows that it works.
    for (const { source, level_db } of state.levels) {
      const box = this.#boxes.get(source);
      if (box !== undefined) setText(box.rate, level(level_db));
    }
    for (const edge of state.edges) this.#edge(edge);
  }

  #stage(stage: Stage, work: Work | undefined, at: number): void {
    const box = this.#boxes.get(stage.name);
    if (box === undefined) return;
    const again = restarts(stage);
    box.group.setAttribute("data-state", stage.state);
    box.group.setAttribute("data-restarts", String(stage.restarts ?? 0));
    setText(box.state, [stage.state, again].filter(Boolean).join(", "));
    setText(box.why, [`${stage.name}: ${stage.state}`, again, stage.why].filter(Boolean).join("; "));
    if (work === undefined) return;
    const now = { at, value: work };
    const speed = rate(this.#before.get(stage.name), now);
    this.#before.set(stage.name, now);
    if (speed !== undefined && work.handled > 0) setText(box.rate, `${speed.perSecond.toFixed(1)}/s, ${Math.round(speed.busy * 100)} % at work`);
  }

  #edge(edge: Edge): void {
    const line = this.#lines.get(edgeKey(edge));
    if (line === undefined) return;
    const lost = losses(edge);
    line.group.setAttribute("data-full", fullness(edge) >= 0.8 ? "yes" : "no");
    line.group.setAttribute("data-lossy", edge.dropped > 0 ? "yes" : "no");
    setText(line.depth, depth(edge));
    setText(line.loss, lost || (edge.waited_ms >= 1 ? `held up ${duration(edge.waited_ms)}` : ""));
    setText(line.why, [`${edge.from} to ${edge.to}: ${depth(edge)} waits`, lost, `held up ${duration(edge.waited_ms)}`].filter(Boolean).join("; "));
  }

  #draw(): void {
    const [graph, room] = [this.#graph, this.place.clientWidth];
    if (graph === undefined || room === 0) return;
    const across = room >= BROAD_PX;
    if (across !== this.#across) this.#build(graph, across);
    this.#across = across;
    const svg = this.place.firstElementChild;
    svg?.classList.toggle("scrolled", room < Number(svg.getAttribute("width")) * SMALLEST);
  }

  #build(graph: Graph, across: boolean): void {
    const size = across ? ACROSS : DOWN;
    const drawn = layout(graph, size, across);
    const svg = node("svg", { role: "img", "aria-label": `${graph.name}: ${graph.stages.length} stages, as in the tables below` });
    // Room for the ends of the lines and the focus ring.
    svg.setAttribute("viewBox", `-4 -4 ${drawn.width + 8} ${drawn.height + 8}`);
    svg.setAttribute("width", String(drawn.width + 8));
    svg.setAttribute("height", String(drawn.height + 8));
    this.#boxes = new Map();
    this.#lines = new Map();
    for (const edge of drawn.edges) {
      const { x, y } = edge.label;
      const group = node("g", { class: "edge", "data-from": edge.from, "data-to": edge.to });
      const line = { group, why: node("title"), depth: text("depth", x, y - 5), loss: text("loss", x, y + 14) };
      group.append(line.why, node("path", { d: edge.path }), line.depth, line.loss);
      svg.append(group);
      this.#lines.set(edgeKey(edge), line);
    }
    for (const { name, kind, implied } of graph.stages) {
      const { x, y } = drawn.stages.get(name)!;
      const group = node("g", { class: "stage", "data-stage": name, "data-kind": kind, transform: `translate(${x} ${y})` });
      const box = { group, why: node("title"), state: text("state", 16, 58), rate: text("rate", 16, 78) };
      const title = text("name", 16, 22);
      setText(title, name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);
      const sort = text("kind", 16, 39);
      setText(sort, implied ? `${kind}, implied` : kind);
      const [width, height] = [String(size.width), String(size.height)];
      group.append(box.why, node("rect", { class: "box", width, height, rx: "8" }), node("rect", { class: "bar", width: "6", height, rx: "3" }));
      group.append(title, sort, box.state, box.rate);
      svg.append(group);
      this.#boxes.set(name, box);
    }
    this.place.replaceChildren(svg);
    if (this.#state !== undefined) this.update(this.#state);
  }
}

function node(name: string, attributes: Record<string, string> = {}): SVGElement {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(kind: string, x: number, y: number): SVGElement {
  return node("text", { class: kind, x: String(x), y: String(y) });
}
