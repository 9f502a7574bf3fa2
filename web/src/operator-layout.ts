// The layout of the graph: layers along the flow, few crossings, long edges led around the stages between.

export interface Size {
  /** Of a stage. */
  width: number;
  height: number;
  /** Between two layers, where the numbers of an edge stand. */
  gap: number;
  /** Between two stages of a layer. */
  apart: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  /** By name: the upper left corner. */
  stages: Map<string, Point>;
  edges: Route[];
}

export interface Route {
  from: string;
  to: string;
  /** For the attribute `d` of a path. */
  path: string;
  /** Where its numbers stand. */
  label: Point;
}

interface Plan {
  stages: { name: string }[];
  edges: { from: string; to: string }[];
}

/** A stage, or a place where an edge passes a layer. */
interface Spot {
  layer: number;
  /** Before it and behind it. */
  near: [Spot[], Spot[]];
  /** Its middle across the flow, in slots. */
  at: number;
}

/** Where the numbers of an edge are along its first part, from 0 to 1: not in the middle, where two edges may cross. */
const LABEL_AT = 0.4;
const SWEEPS = 8;

/** `across`: the flow goes from left to right, else downwards. */
export function layout(plan: Plan, size: Size, across: boolean): Layout {
  const order = new Map(plan.stages.map((stage, at) => [stage.name, at]));
  // Stages are listed upstream first, so one pass gives each the length of the longest way to it.
  const known = plan.edges.filter((it) => (order.get(it.from) ?? Infinity) < (order.get(it.to) ?? -1));
  const layerOf = new Map(plan.stages.map((stage) => [stage.name, 0]));
  for (const { name } of plan.stages) {
    for (const edge of known) {
      if (edge.to === name) layerOf.set(name, Math.max(layerOf.get(name)!, layerOf.get(edge.from)! + 1));
    }
  }
  const layers: Spot[][] = [];
  const place = (layer: number): Spot => {
    const spot: Spot = { layer, near: [[], []], at: 0 };
    (layers[layer] ??= []).push(spot);
    return spot;
  };
  const spots = new Map(plan.stages.map(({ name }) => [name, place(layerOf.get(name)!)]));
  const ways = known.map((edge) => ({ edge, way: wayOf(spots.get(edge.from)!, spots.get(edge.to)!, place) }));
  const slots = Math.max(1, ...layers.map((it) => it.length));
  settle(layers, slots);
  // Along the flow, and across it.
  const [long, broad] = across ? [size.width, size.height] : [size.height, size.width];
  const middle = (spot: Spot): number => (spot.at + 0.5) * (broad + size.apart) - size.apart / 2;
  const begin = (layer: number): number => layer * (long + size.gap);
  const point = (along: number, beside: number): Point => (across ? { x: along, y: beside } : { x: beside, y: along });
  const whole = point(begin(Math.max(1, layers.length)) - size.gap, slots * (broad + size.apart) - size.apart);
  const stages = new Map([...spots].map(([name, spot]) => [name, point(begin(spot.layer), middle(spot) - broad / 2)]));
  const edges = ways.map(({ edge, way }) => {
    const ends = way.slice(1).map((to, at) => {
      const from = way[at]!;
      return [point(begin(from.layer) + long, middle(from)), point(begin(to.layer), middle(to))] as const;
    });
    const parts = ends.map(([a, b], at) => `${at === 0 ? `M${a.x} ${a.y}` : `L${a.x} ${a.y}`} C${controls(a, b, across)} ${b.x} ${b.y}`);
    const [a, b] = ends[0]!;
    return { from: edge.from, to: edge.to, path: parts.join(" "), label: along(a, b, across, LABEL_AT) };
  });
  return { width: Math.max(whole.x, size.width), height: Math.max(whole.y, size.height), stages, edges };
}

/** The spots of an edge: its ends, and one for each layer that it passes. */
function wayOf(from: Spot, to: Spot, place: (layer: number) => Spot): Spot[] {
  const way = [from];
  for (let layer = from.layer + 1; layer < to.layer; layer++) way.push(place(layer));
  way.push(to);
  way.slice(1).forEach((spot, at) => {
    way[at]!.near[1].push(spot);
    spot.near[0].push(way[at]!);
  });
  return way;
}

/** Orders each layer by the mean of its neighbours, forwards and backwards in turn (the barycentre method). */
function settle(layers: Spot[][], slots: number): void {
  const spread = (layer: Spot[]): void => layer.forEach((spot, at) => (spot.at = at + (slots - layer.length) / 2));
  layers.forEach(spread);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const back = sweep % 2;
    for (const layer of back ? [...layers].reverse() : layers) {
      const means = new Map(layer.map((spot) => [spot, mean(spot.near[back]!.map((it) => it.at)) ?? spot.at]));
      // Sorting is stable: spots with the same mean keep the order of the plan.
      layer.sort((a, b) => means.get(a)! - means.get(b)!);
      spread(layer);
    }
  }
}

function mean(values: number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, it) => sum + it, 0) / values.length;
}

function controls(a: Point, b: Point, across: boolean): string {
  const [first, second] = bends(a, b, across);
  return `${first.x} ${first.y} ${second.x} ${second.y}`;
}

/** The control points of a curve that leaves and arrives along the flow. */
function bends(a: Point, b: Point, across: boolean): [Point, Point] {
  const half = across ? (a.x + b.x) / 2 : (a.y + b.y) / 2;
  return across ? [{ x: half, y: a.y }, { x: half, y: b.y }] : [{ x: a.x, y: half }, { x: b.x, y: half }];
}

/** The point of the curve at `t`, from 0 to 1. */
function along(a: Point, b: Point, across: boolean, t: number): Point {
  const [first, second] = bends(a, b, across);
  const u = 1 - t;
  const at = (of: (it: Point) => number): number =>
    u ** 3 * of(a) + 3 * u * u * t * of(first) + 3 * u * t * t * of(second) + t ** 3 * of(b);
  return { x: at((it) => it.x), y: at((it) => it.y) };
}
