// The page of a speaker: the microphone, the worker that sends its sound, and what the speaker sees and does.
import { Awake, canStayAwake } from "./awake.ts";
import { element, showText } from "./dom.ts";
import { READER } from "./reader.ts";
import { read } from "./settings.ts";
import { hold, linkIn, takeLink, type Held } from "./speak-link.ts";
import { canShare, Microphone, microphones, reach, Soundless, type Wanted } from "./speak-microphone.ts";
import { canOpus, OPUS_BITS, OPUS_RATE } from "./speak-opus.ts";
import type { ToPage, ToWorker } from "./speak-orders.ts";
import { codecFor, stages, type Choice, type Stage } from "./speak-server.ts";
import type { Standing } from "./speak-session.ts";
import { deviceAfter, Hearing, type Device } from "./speak-trouble.ts";
import { showDevices, showFacts, showLevel, showMonitor, showStages } from "./speak-view.ts";
import { storedSettings } from "./stored-settings.ts";
import { onTexts, t, textLanguage, useTexts } from "./texts.ts";

/** What speech models hear. */
const PCM_RATE = 16_000;
/** For so long a loss behind the back of the speaker is told. */
const TOLD_MS = 30_000;
const WORKER = "speak-worker.js";
/** What TypeScript's DOM library lacks; not every browser has it. */
const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(it: string): string }): { createScriptURL(it: string): string } } };
/** The page's headers forbid every other script. */
const policy = trustedTypes?.createPolicy("livecap-speak", { createScriptURL: (it) => (it === WORKER ? it : "") });

const { colours, font, ui, keys } = READER;
const { values: settings } = read({ colours, font, ui, keys }, new URLSearchParams(location.search), storedSettings());
const hearing = new Hearing();
const awake = new Awake(() => showText("notice", t("speak.asleep")));
const microphone = new Microphone({
  ended: () => void deviceGone(),
  switchedOff: (isOff) => {
    if (switchedOff === isOff) return;
    switchedOff = isOff;
    order({ type: "hold", isHeld: isOff });
    show();
  },
  stopped: (isStopped) => {
    stopped = isStopped;
    show();
  },
});

let held: Held = takeLink();
let device: Device = reach() ?? "none";
let standing: Standing | undefined;
let muted = held.muted === true;
let [switchedOff, stopped] = [false, false];
let worker: Worker | undefined;
let known: Stage[] = [];
let codec: "opus" | "pcm_s16le" = "pcm_s16le";
/** The browser's encoder, or the server's decoder, does not do. */
let opusFails = false;
let chosenDevice = "";
/** Each start and stop; what an older one awaits is left. */
let turn = 0;
let missed = { now: 0, hiddenAt: 0, told: 0, toldAt: 0 };
const info = stages().then((all) => {
  known = all;
  showStages(all, held.stage);
});

useTexts(settings.ui);
Object.assign(document.documentElement.dataset, { colours: settings.colours, font: settings.font });
element("name", HTMLInputElement).value = held.name ?? "";
element("kind-row").hidden = !canShare();
element("awake-row").hidden = !canStayAwake();
element("keys-row").hidden = !settings.keys;
onTexts(show);
listen();
show();
if (held.speaking) void goOn();

function listen(): void {
  element("setup").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = element("token", HTMLInputElement).value.trim();
    // A whole link may be pasted where its token is asked for.
    if (typed !== "") held = { ...held, ...(linkIn(typed.includes("#") ? typed.slice(typed.indexOf("#")) : `#token=${encodeURIComponent(typed)}`) ?? {}) };
    delete held.session;
    void start();
  });
  element("mute").addEventListener("click", () => mute(!muted));
  element("stop").addEventListener("click", leave);
  element("device").addEventListener("change", (event) => {
    chosenDevice = (event.target as HTMLSelectElement).value;
    if (isOn()) void openDevice(turn);
  });
  element("codec").addEventListener("change", () => {
    opusFails = false;
    if (isOn()) void start();
  });
  element("show").addEventListener("change", show);
  element("awake").addEventListener("change", (event) => awake.allow((event.target as HTMLInputElement).checked));
  document.addEventListener("keydown", (event) => {
    const inField = event.target instanceof HTMLElement && event.target.closest("input:not([type=checkbox]), select, textarea") !== null;
    if (!settings.keys || inField || event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.key.toLowerCase() !== "m" || !isOn()) return;
    event.preventDefault();
    mute(!muted);
  });
  navigator.mediaDevices?.addEventListener?.("devicechange", () => void devicesChanged());
  document.addEventListener("visibilitychange", () => {
    remember();
    if (document.hidden) missed.hiddenAt = missed.now;
    else order({ type: "hurry" });
  });
  window.addEventListener("online", () => order({ type: "hurry" }));
  window.addEventListener("pagehide", remember);
  window.addEventListener("hashchange", () => {
    if (linkIn(location.hash) === undefined) return;
    leave();
    held = takeLink();
    element("name", HTMLInputElement).value = held.name ?? "";
    show();
  });
}

function isOn(): boolean {
  return device === "opening" || (standing !== undefined && standing.phase !== "off" && standing.phase !== "refused");
}

/** After a reload: where the microphone is still allowed, nobody is asked. */
async function goOn(): Promise<void> {
  try {
    const { state } = await navigator.permissions.query({ name: "microphone" as PermissionName });
    if (state === "granted") await start();
  } catch {
    // This browser does not tell: the speaker presses the button.
  }
}

async function start(): Promise<void> {
  const mine = ++turn;
  device = reach() ?? "opening";
  standing = undefined;
  show();
  if (device !== "opening") return;
  await info;
  const name = element("name", HTMLInputElement).value.trim();
  const stage = held.stage ?? (known.length > 1 ? element("stage", HTMLSelectElement).value : undefined);
  const taken = known.find((it) => it.stage === stage || known.length === 1)?.codecs ?? [];
  const can = !opusFails && (await canOpus());
  codec = codecFor(element("codec", HTMLSelectElement).value as Choice, taken, can) ?? "pcm_s16le";
  if (mine !== turn || !(await openDevice(mine, () => begin(name, stage)))) return;
  held = { ...held, ...(name ? { name } : {}), speaking: true };
  remember();
}

/** The session begins before the device's first frame. */
function begin(name: string, stage: string | undefined): void {
  const url = new URL("ingest/v1", document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  const asked = { stage, token: held.token || undefined, name: name || undefined, format: { codec, rate: rate() }, session: held.session };
  worker ??= work();
  order({ type: "mute", muted });
  order({ type: "start", url: url.href, asked, since: held.session ? held.left : undefined });
  missed = { now: 0, hiddenAt: 0, told: 0, toldAt: 0 };
}

function work(): Worker {
  const it = new Worker(policy?.createScriptURL(WORKER) ?? WORKER);
  it.onmessage = ({ data }: MessageEvent<ToPage>) => told(data);
  it.onerror = ({ message }) => {
    device = { failed: message };
    show();
  };
  return it;
}

/** False where it could not be opened. `before`: what comes before its sound. */
async function openDevice(mine: number, before: () => void = () => undefined): Promise<boolean> {
  const kind = element("kind", HTMLSelectElement).value as Wanted["kind"];
  const stage = known.find((it) => it.stage === (held.stage ?? element("stage", HTMLSelectElement).value)) ?? known[0];
  const processing = { echoCancellation: stage?.echo_cancellation ?? false, noiseSuppression: stage?.noise_suppression ?? false, autoGainControl: stage?.auto_gain ?? true };
  [switchedOff, stopped] = [false, false];
  try {
    const opened = await microphone.open({ kind, device: chosenDevice, processing, rate: rate() });
    if (mine !== turn) return false;
    before();
    worker!.postMessage({ type: "device", latencyMs: opened.latencyMs } satisfies ToWorker, [opened.port]);
    if (switchedOff) order({ type: "hold", isHeld: true });
    device = "open";
    hearing.clear();
    if (kind === "microphone") showDevices(await microphones(), (chosenDevice = opened.device));
    else element("device-row").hidden = true;
    return true;
  } catch (error) {
    if (mine !== turn) return false;
    device = error instanceof Soundless ? "soundless" : deviceAfter(error);
    if (standing === undefined || standing.phase === "off") microphone.close();
    else order({ type: "gone" });
    return false;
  } finally {
    show();
  }
}

async function deviceGone(): Promise<void> {
  if (element("kind", HTMLSelectElement).value === "screen") return leave();
  order({ type: "gone" });
  device = "gone";
  show();
  await another();
}

async function devicesChanged(): Promise<void> {
  if (!isOn() || element("kind", HTMLSelectElement).value === "screen") return;
  if (device === "gone" || device === "missing") return another();
  if (device === "open") showDevices(await microphones(), chosenDevice);
}

/** Any other microphone is better than none. */
async function another(): Promise<void> {
  const there = await microphones();
  if (there.length === 0) return show();
  chosenDevice = there.some((it) => it.deviceId === chosenDevice) ? chosenDevice : "";
  if (!(await openDevice(turn))) return;
  const label = (await microphones()).find((it) => it.deviceId === chosenDevice)?.label ?? "";
  showText("notice", t("speak.changed", { device: label }));
}

function told(it: ToPage): void {
  if (it.type === "level") {
    showLevel(it.peak);
    if (device === "open" && !switchedOff && !stopped) hearing.heard(it.peak, it.clipped, performance.now());
    return show();
  }
  if (it.type === "codec") return withoutOpus();
  const wasOn = isOn();
  standing = it.standing;
  if (standing.refused?.code === "format" && codec === "opus") return withoutOpus();
  if (standing.session && standing.session !== held.session) {
    held = { ...held, session: standing.session };
    remember();
  }
  const away = it.missedMs - missed.hiddenAt;
  missed.now = it.missedMs;
  if (document.hidden && away > 0) [missed.told, missed.toldAt] = [away, performance.now()];
  // Only a person can help: what the microphone hears is of no use.
  if (wasOn && standing.phase === "refused") {
    microphone.close();
    device = "none";
    held = { ...held, speaking: false };
    delete held.session;
    remember();
  }
  show();
}

function withoutOpus(): void {
  if (opusFails) return;
  opusFails = true;
  delete held.session;
  void start();
}

function mute(isSo: boolean): void {
  muted = isSo;
  order({ type: "mute", muted });
  remember();
  show();
}

function leave(): void {
  turn += 1;
  order({ type: "bye" });
  microphone.close();
  [device, standing, muted] = [reach() ?? "none", undefined, false];
  held = { ...held, speaking: false, muted: false };
  delete held.session;
  remember();
  showText("notice", undefined);
  show();
  element("start").focus();
}

function remember(): void {
  hold({ ...held, muted, left: Date.now() });
}

function order(it: ToWorker): void {
  worker?.postMessage(it);
}

function rate(): number {
  return codec === "opus" ? OPUS_RATE : PCM_RATE;
}

function show(): void {
  const now = performance.now();
  const shared = element("kind", HTMLSelectElement).value === "screen";
  const hiddenMs = now - missed.toldAt < TOLD_MS ? missed.told : 0;
  const bits = codec === "opus" ? OPUS_BITS : PCM_RATE * 16;
  const sent = `${codec === "opus" ? "Opus" : "PCM"}, ${bits / 1000} kbit/s`;
  showFacts({ device, shared, muted, switchedOff, stopped, silent: hearing.isSilent(now), clipped: hearing.isClipped(now), hiddenMs, standing }, sent);
  showMonitor(element("show", HTMLInputElement).checked, standing, textLanguage());
  awake.connectionIs(isOn() && standing?.phase === "live" ? "live" : "ended");
}
