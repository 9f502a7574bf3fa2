// The operator's page: polls the server's state about twice a second and shows it, with a token where one is needed.
import { element, setText, showText } from "./dom.ts";
import { Buttons } from "./operator-buttons.ts";
import { CaptionsPanel } from "./operator-captions.ts";
import { path, troubles, writerName } from "./operator-format.ts";
import { GraphView } from "./operator-graph.ts";
import { Plot } from "./operator-plots.ts";
import { Poller } from "./operator-poller.ts";
import { Series } from "./operator-series.ts";
import { get, keepToken, token, type Failure } from "./operator-server.ts";
import { SpeakersPanel } from "./operator-speakers.ts";
import { isToken, pointsIn, untilNext, type Status } from "./operator-status.ts";
import { showFacts, showLatency, showLines, showTables } from "./operator-view.ts";
import { isWhole, type Graph, type LogLine, type State } from "./operator-wire.ts";
import { silenceTold, silentSince } from "./silence.ts";
import { keepToken as keepForOthers, takeFromAddress } from "./token.ts";

/** What the plots keep: five minutes at two a second, or as many as `?points=` says. */
const POINTS = pointsIn(location.search);
const LINES_IN_A_PLOT = 24;
/** The log is asked for with every so many polls. */
const LOG_EVERY = 2;

const view = new GraphView(element("graph"));
const lag = new Series(POINTS, 1);
const stages = { p50: new Series(POINTS, LINES_IN_A_PLOT), p95: new Series(POINTS, LINES_IN_A_PLOT), p99: new Series(POINTS, LINES_IN_A_PLOT) };
type Which = keyof typeof stages;
const lagPlot = new Plot(element("lag-plot"), lag);
let which: Which = "p95";
const stagePlot = new Plot(element("stage-plot"), stages[which]);
const buttons = new Buttons(() => poller.now());
const speakers = new SpeakersPanel(element("speakers"));
const captions = new CaptionsPanel(element("editing"));
const poller = new Poller(poll, (error) => fail({ status: "broken", why: String(error) }), () => untilNext(status, failures, document.hidden, Math.random()));

let status: Status = "connecting";
let failures = 0;
/** Since when no sound has come, in ms of the page's clock. */
let silent: number | undefined;
let polls = 0;
let pollsUntilLog = 0;
/** The graph, and of which run it is. */
let known: { stream: string; graph: Graph } | undefined;
/** The last line of the log that is shown, and of which process it is. */
let [newestLine, server] = [0, ""];
/** Why what was entered cannot be a token. */
let misfit: string | undefined;

takeFragment();
addEventListener("hashchange", () => takeFragment() && poller.now());
element("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  if (enter(element("token", HTMLInputElement).value.trim())) poller.now();
  else setText("sign-in-why", misfit!);
});
element("forget").addEventListener("click", () => {
  keepToken(undefined);
  location.reload();
});
element("which").addEventListener("change", (event) => {
  which = (event.target as HTMLInputElement).value as Which;
  stagePlot.show(stages[which]);
});
// The archive takes the token that other pages keep.
element("to-archive").addEventListener("click", () => keepForOthers(token() ?? ""));
document.addEventListener("visibilitychange", () => document.hidden || poller.now());
addEventListener("online", () => poller.now());
poller.now();

/** Keeps it as the token, where it can be one. */
function enter(text: string): boolean {
  misfit = isToken(text) ? undefined : "A token has letters, digits and signs of ASCII, and no spaces.";
  if (misfit === undefined) keepToken(text);
  return misfit === undefined;
}

/** Whether there was a token in the address. */
function takeFragment(): boolean {
  const given = takeFromAddress();
  if (given !== undefined) enter(given.trim());
  return given !== undefined;
}

async function poll(): Promise<void> {
  const state = await get<unknown>("api/state");
  if (!("value" in state)) return fail(state);
  // Without the right to inspect the state is only its public part; the answer for the graph says why.
  if (!isWhole(state.value)) {
    const graph = await get<Graph>("api/graph");
    return "value" in graph ? fail({ status: "broken", why: "it answers, but not as livecap does" }) : fail(graph);
  }
  const fresh = known?.stream !== state.value.stream;
  // A pipeline whose models are still loading is drawn once it is there.
  if (fresh || (state.value.node === undefined && known!.graph.stages.length === 0 && state.value.stages.length > 0)) {
    const graph = await get<Graph>("api/graph");
    if (!("value" in graph)) return fail(graph);
    if (fresh) clearPlots();
    known = { stream: state.value.stream, graph: graph.value };
    view.show(graph.value);
    setText("level-label", graph.value.stages.some((it) => it.kind === "microphone") ? "Microphone" : "Sound in");
    setText("pipeline", graph.value.name && `: ${graph.value.name}`);
  }
  show(state.value);
  await Promise.all([speakers.poll(state.value), captions.poll(state.value)]);
  document.documentElement.dataset.polls = String(++polls);
  if (server !== state.value.server) forgetLines(state.value.server);
  if (pollsUntilLog > 0) return void (pollsUntilLog -= 1);
  pollsUntilLog = LOG_EVERY - 1;
  const log = await get<{ lines: LogLine[]; newest: number }>(`api/log?after=${newestLine}`);
  if (!("value" in log)) return;
  showLines(log.value.lines);
  newestLine = log.value.newest;
}

/** Another run of the pipeline begins: what was plotted is of the one before. */
function clearPlots(): void {
  for (const series of [lag, ...Object.values(stages)]) series.clear();
}

/** Another process numbers its log lines anew, even where it delivers the same run. */
function forgetLines(of: string): void {
  element("lines").replaceChildren();
  [newestLine, pollsUntilLog, server] = [0, 0, of];
}

/** Why there is no graph. */
function graphWhy(state: State): string | undefined {
  if (state.node) return `This server has no pipeline: it delivers ${writerName(state.node)}, whose stages are below.`;
  return known!.graph.stages.length > 0 ? undefined : "No pipeline stands behind this server, or it is not ready yet.";
}

function show(state: State): void {
  open(true);
  element("to-archive").hidden = !state.may_read_archive;
  showFacts(state);
  view.update(state);
  showText("graph-why", graphWhy(state));
  element("graph").hidden = known!.graph.stages.length === 0;
  showTables(state, known!.graph);
  buttons.update(state);
  const at = state.now / 1000;
  // The lag is that of the last caption: after the end there is none.
  lag.push(at, new Map([["lag", state.log.ended ? null : state.lag_ms]]));
  for (const [name, series] of Object.entries(stages)) {
    series.push(at, new Map(state.latency.map((it) => [`${it.stage}, ${path(it)}`, it[name as Which]])));
  }
  showLatency(state, stages[which].names);
  lagPlot.draw();
  stagePlot.draw();
  // Last, so that an answer that cannot be shown counts as a failure.
  [status, failures] = ["live", 0];
  const pipeline = state.stages.length > 0;
  const how = state.log.ended ? "ended" : state.paused ? "paused" : pipeline ? "live" : "no pipeline";
  setText("status", how);
  document.documentElement.dataset.status = how.replace(" ", "-");
  const ended = state.log.ended ? ["The pipeline has ended. The captions stay up as long as the server does."] : [];
  const muted = state.paused ? ["Paused: nothing that is said now is recognised or kept."] : [];
  const now = performance.now();
  silent = state.paused || state.log.ended ? undefined : silentSince(state.level_db, silent, now);
  const hushed = silenceTold(silent, now) ?? [];
  showText("trouble", [...ended, ...muted, ...troubles(state)].concat(hushed).join(" "));
}

function fail(answer: Failure): void {
  status = answer.status;
  failures += 1;
  const said: Record<Exclude<Status, "connecting" | "live">, [string, string]> = {
    gone: ["server gone", "The server does not answer. It is asked again and again."],
    broken: ["trouble", `The server does not answer as it should: ${answer.why}`],
    locked: ["token needed", "Only who presents the operator's token may look."],
    refused: ["token refused", "The token was refused: it is not the operator's. Try another one."],
    closed: ["not from here", `Nobody may look from here: ${answer.why}`],
  };
  const [short, long] = said[status as keyof typeof said];
  setText("status", short);
  document.documentElement.dataset.status = status;
  const guarded = status === "locked" || status === "refused";
  showText("trouble", status === "locked" ? undefined : long);
  if (guarded) {
    setText("sign-in-why", misfit ?? long);
    open(false);
    element("token").focus();
  } else {
    element("forget").hidden = token() === undefined;
    buttons.off("Nothing can be done from here now.");
    if (status === "closed") element("inside").hidden = true;
  }
}

function open(inside: boolean): void {
  element("inside").hidden = !inside;
  element("sign-in").hidden = inside;
  element("forget").hidden = token() === undefined;
  if (inside) element("token", HTMLInputElement).value = "";
}
