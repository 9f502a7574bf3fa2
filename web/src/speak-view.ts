// What the page of a speaker shows; it decides nothing.
import { element, option, setText, showText } from "./dom.ts";
import type { Stage } from "./speak-server.ts";
import type { Standing } from "./speak-session.ts";
import { decibels, status, trouble, type Facts } from "./speak-trouble.ts";
import { locale, t } from "./texts.ts";

export function showFacts(facts: Facts, sent: string): void {
  const { standing, muted } = facts;
  const isOn = facts.device === "opening" || (standing !== undefined && standing.phase !== "off" && standing.phase !== "refused");
  document.documentElement.dataset.status = state(facts);
  setText("status", t(status(facts)));
  const told = trouble(facts);
  showText("trouble", told && t(told.key, told.values));
  // Also in the middle of a talk a device may fail in a way that only the speaker can mend, who then presses Start.
  element("setup").hidden = isOn && !failed(facts.device);
  element("speaking").hidden = !isOn;
  element("token-row").hidden = standing?.refused?.code !== "token";
  setText("start", t(standing?.phase === "refused" || typeof facts.device === "object" ? "speak.again" : "speak.start"));
  const mute = element("mute");
  mute.setAttribute("aria-pressed", String(muted));
  setText(mute, t(muted ? "speak.unmute" : "speak.mute"));
  showText("who", standing?.name);
  setText("delay", seconds(standing?.delayMs));
  setText("lost", seconds(standing?.lostMs));
  setText("sent", sent);
}

function failed(device: Facts["device"]): boolean {
  return typeof device === "object" || ["denied", "missing", "busy"].includes(device);
}

/** For styles and tests. */
function state({ device, muted, standing }: Facts): string {
  const phase = standing?.phase ?? "off";
  if (phase !== "live") return phase === "off" && device === "opening" ? "opening" : phase;
  return muted ? "muted" : standing!.state === "ready" ? "live" : standing!.state;
}

/** With one decimal: a delay of less than that is none to a speaker. */
function seconds(ms: number | undefined): string {
  if (ms === undefined) return "–";
  const number = new Intl.NumberFormat(locale(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return t("speak.seconds", { seconds: number.format(ms / 1000) });
}

export function showLevel(peak: number): void {
  const meter = element("level", HTMLMeterElement);
  const db = decibels(peak);
  meter.value = Math.max(meter.min, Math.min(meter.max, db));
  element("level-text").textContent = db < -99 ? "–" : `${Math.round(db)} dB`.replace("-", "−");
}

export function showDevices(all: readonly MediaDeviceInfo[], chosen: string): void {
  const list = element("device", HTMLSelectElement);
  const wanted = all.map((it) => [it.deviceId, it.label] as const);
  if (JSON.stringify(wanted) !== list.dataset.shown) {
    list.dataset.shown = JSON.stringify(wanted);
    list.replaceChildren(...wanted.map(([id, label]) => option(id, label)));
  }
  list.value = all.some((it) => it.deviceId === chosen) ? chosen : (all[0]?.deviceId ?? "");
  element("device-row").hidden = all.length === 0;
}

export function showStages(all: readonly Stage[], given: string | undefined): void {
  element("stage", HTMLSelectElement).replaceChildren(...all.map((it) => option(it.stage, it.name)));
  element("stage-row").hidden = given !== undefined || all.length < 2;
}

/** The captions of one's own track: the caption page in a frame, loaded when it is asked for and removed when it is not. */
export function showMonitor(isOn: boolean, standing: Standing | undefined, language: string): void {
  const place = element("monitor");
  place.hidden = !isOn;
  const query = new URLSearchParams({ view: "lines", lines: "3", size: "75", bar: "off", awake: "off", keys: "off", ui: language });
  // Without a track of its own nothing tells whose words they are: all are shown.
  if (standing?.track) query.set("tracks", standing.track);
  const wanted = isOn ? new URL(`./?${query}`, document.baseURI).href : "";
  if (place.dataset.shown === wanted) return;
  place.dataset.shown = wanted;
  place.replaceChildren();
  if (!isOn) return;
  const frame = document.createElement("iframe");
  frame.src = wanted;
  frame.title = t("speak.monitor");
  place.append(frame);
}
