// A plain Socket.IO client: four events, listed as they come, the newest on top.
import { element, setText, text } from "./dom.ts";
import { connect } from "./socket.ts";
import { timeOfDay } from "./time-of-day.ts";

const KEPT = 500;
const NAMES = ["final", "intermediate", "translation", "demo"] as const;

const events = element("events", HTMLOListElement);
const counts = new Map(NAMES.map((name) => [name, 0]));
const socket = connect();

socket.on("connect", () => showStatus("connected"));
socket.on("disconnect", () => showStatus("disconnected"));
socket.on("connect_error", (error) => showStatus(socket.active ? "no connection; trying again" : error.message));
for (const name of NAMES) {
  const shown = element(`show-${name}`, HTMLInputElement);
  shown.addEventListener("change", () => events.classList.toggle(`no-${name}`, !shown.checked));
  events.classList.toggle(`no-${name}`, !shown.checked);
  socket.on(name, (...data: unknown[]) => list(name, data));
}

function showStatus(status: string): void {
  setText("status", status);
  document.documentElement.dataset.status = socket.connected ? "live" : "reconnecting";
  element("empty").textContent = socket.connected ? "Connected. Nothing has come yet." : "Not connected: nothing can come.";
}

function list(name: (typeof NAMES)[number], data: unknown[]): void {
  counts.set(name, counts.get(name)! + 1);
  setText(`count-${name}`, String(counts.get(name)));
  element("empty").hidden = true;
  const item = document.createElement("li");
  item.className = name;
  const time = text("time", timeOfDay(Date.now()));
  item.append(time, " ", text("code", name), " ", text("span", data.map(readable).join(", "), "data"));
  events.prepend(item);
  if (events.childElementCount > KEPT) events.lastElementChild!.remove();
}

/** Text as it is, everything else as JSON; of binary data its length. */
function readable(it: unknown): string {
  if (typeof it === "string") return it;
  if (it instanceof ArrayBuffer) return `(${it.byteLength} bytes)`;
  return JSON.stringify(it) ?? String(it);
}
