// The operator's page: asks the server how it is, about twice a second, and shows it; a token opens what is guarded.
import { Asking } from "./operator-asking.ts";
import { Buttons } from "./operator-buttons.ts";
import { path, troubles, writer } from "./operator-format.ts";
import { GraphView } from "./operator-graph.ts";
import { Plot } from "./operator-plots.ts";
import { isToken, pointsIn, untilNext, type Standing } from "./operator-poll.ts";
import { Series } from "./operator-series.ts";
import { get, keepToken, token, type Answer } from "./operator-server.ts";
import { element, say, showFacts, showLatency, showLines, showTables, tell } from "./operator-view.ts";
import { isWhole, type Graph, type LogLine, type State } from "./operator-wire.ts";
import { inFragment } from "./token.ts";

/** What the plots keep: five minutes at two a second, or as many as `?points=` says. */
const POINTS = pointsIn(location.search);
const LINES_IN_A_PLOT = 24;
/** The log is asked for with every so many questions. */
const LOG_EVERY = 2;

const view = new GraphView(element("graph"));
const lag = new Series(POINTS, 1);
const stages = { p50: new Series(POINTS, LINES_IN_A_PLOT), p95: new Series(POINTS, LINES_IN_A_PLOT), p99: new Series(POINTS, LINES_IN_A_PLOT) };
type Which = keyof typeof stages;
const lagPlot = new Plot(element("lag-plot"), lag);
let which: Which = "p95";
const stagePlot = new Plot(element("stage-plot"), stages[which]);
const buttons = new Buttons(() => asking.now());
const asking = new Asking(look, (error) => fail({ standing: "broken", why: String(error) }), () => untilNext(standing, failures, document.hidden, Math.random()));

let standing: Standing = "connecting";
let failures = 0;
let questions = 0;
let looks = 0;
/** The plan, and of which run it is. */
let known: { stream: string; graph: Graph } | undefined;
/** The last line of the log that is shown, and of which process it is. */
let [newestLine, server] = [0, ""];
/** Why what was entered is no token. */
let misfit: string | undefined;

takeFragment();
addEventListener("hashchange", () => takeFragment() && asking.now());
element("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  if (enter(element<HTMLInputElement>("token").value.trim())) asking.now();
  else say("door-why", misfit!);
});
element("forget").addEventListener("click", () => {
  keepToken(undefined);
  location.reload();
});
element("which").addEventListener("change", (event) => {
  which = (event.target as HTMLInputElement).value as Which;
  stagePlot.show(stages[which]);
});
document.addEventListener("visibilitychange", () => document.hidden || asking.now());
addEventListener("online", () => asking.now());
asking.now();

/** Whether it is one. */
function enter(text: string): boolean {
  misfit = isToken(text) ? undefined : "A token has letters, digits and signs of ASCII, and no spaces.";
  if (misfit === undefined) keepToken(text);
  return misfit === undefined;
}

/** Whether there was a token. It is not to stay where it is seen, kept in a history, or copied with the address. */
function takeFragment(): boolean {
  const found = inFragment(location.hash);
  if (found === undefined) return false;
  history.replaceState(history.state, "", location.pathname + location.search + found.rest);
  enter(found.token.trim());
  return true;
}

async function look(): Promise<void> {
  const state = await get<unknown>("api/state");
  if (!("of" in state)) return fail(state);
  // Who may not inspect is told the public part; why, the plan's door says.
  if (!isWhole(state.of)) {
    const door = await get<Graph>("api/graph");
    return "of" in door ? fail({ standing: "broken", why: "it answers, but not as livecap does" }) : fail(door);
  }
  const fresh = known?.stream !== state.of.stream;
  // A pipeline whose models still load is drawn once it is there.
  if (fresh || (state.of.node === undefined && known!.graph.stages.length === 0 && state.of.stages.length > 0)) {
    const graph = await get<Graph>("api/graph");
    if (!("of" in graph)) return fail(graph);
    if (fresh) begin();
    known = { stream: state.of.stream, graph: graph.of };
    view.show(graph.of);
    say("level-label", graph.of.stages.some((it) => it.kind === "microphone") ? "Microphone" : "Sound in");
    say("pipeline", graph.of.name && `: ${graph.of.name}`);
  }
  show(state.of);
  document.documentElement.dataset.looks = String(++looks);
  if (server !== state.of.server) forgetLines(state.of.server);
  if (questions++ % LOG_EVERY > 0) return;
  const log = await get<{ lines: LogLine[]; newest: number }>(`api/log?after=${newestLine}`);
  if (!("of" in log)) return;
  showLines(log.of.lines);
  newestLine = log.of.newest;
}

/** Another run: nothing of what was shown before is of it. */
function begin(): void {
  for (const series of [lag, ...Object.values(stages)]) series.clear();
}

/** Another process numbers its lines anew, also where it delivers the same run. */
function forgetLines(of: string): void {
  element("lines").replaceChildren();
  [newestLine, questions, server] = [0, 0, of];
}

/** Why there is no graph. */
function graphWhy(state: State): string | undefined {
  if (state.node) return `This server has no pipeline: it delivers ${writer(state.node)}, whose stages are below.`;
  return known!.graph.stages.length > 0 ? undefined : "No pipeline stands behind this server, or it is not ready yet.";
}

function show(state: State): void {
  open(true);
  showFacts(state);
  view.update(state);
  tell("graph-why", graphWhy(state));
  element("graph").hidden = known!.graph.stages.length === 0;
  showTables(state, known!.graph);
  buttons.update(state);
  const at = state.now / 1000;
  // A lag stands until the next caption: what has ended has none.
  lag.push(at, new Map([["lag", state.log.ended ? null : state.lag_ms]]));
  for (const [name, series] of Object.entries(stages)) {
    series.push(at, new Map(state.latency.map((it) => [`${it.stage}, ${path(it)}`, it[name as Which]])));
  }
  showLatency(state, stages[which].names);
  lagPlot.draw();
  stagePlot.draw();
  // Last: an answer that cannot be shown is a failure from its first moment, and one after another.
  [standing, failures] = ["live", 0];
  const pipeline = state.stages.length > 0;
  const how = state.log.ended ? "ended" : state.paused ? "paused" : pipeline ? "live" : "no pipeline";
  say("standing", how);
  document.documentElement.dataset.standing = how.replace(" ", "-");
  const ended = state.log.ended ? ["The pipeline has ended. The captions stay up as long as the server does."] : [];
  const muted = state.paused ? ["Paused: nothing that is said now is recognised or kept."] : [];
  tell("trouble", [...ended, ...muted, ...troubles(state)].join(" "));
}

function fail(answer: Exclude<Answer<unknown>, { of: unknown }>): void {
  standing = answer.standing;
  failures += 1;
  const said: Record<Exclude<Standing, "connecting" | "live">, [string, string]> = {
    gone: ["server gone", "The server does not answer. It is asked again and again."],
    broken: ["trouble", `The server does not answer as it should: ${answer.why}`],
    locked: ["token needed", "Only who presents the operator's token may look."],
    refused: ["token refused", "The token was refused: it is not the operator's. Try another one."],
    closed: ["not from here", `Nobody may look from here: ${answer.why}`],
  };
  const [short, long] = said[standing as keyof typeof said];
  say("standing", short);
  document.documentElement.dataset.standing = standing;
  const guarded = standing === "locked" || standing === "refused";
  tell("trouble", standing === "locked" ? undefined : long);
  if (guarded) {
    say("door-why", misfit ?? long);
    open(false);
    element("token").focus();
  } else {
    element("forget").hidden = token() === undefined;
    buttons.off("Nothing can be done from here now.");
    if (standing === "closed") element("inside").hidden = true;
  }
}

function open(inside: boolean): void {
  element("inside").hidden = !inside;
  element("door").hidden = inside;
  element("forget").hidden = token() === undefined;
  if (inside) element<HTMLInputElement>("token").value = "";
}
