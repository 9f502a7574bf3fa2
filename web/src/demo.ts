// The plain client of the old demo: four events, listed as they come, the newest on top.
import { element, say, text } from "./dom.ts";
import { SOCKETS } from "./server-address.ts";

declare const io: typeof import("socket.io-client").io;

const KEPT = 500;
const NAMES = ["final", "intermediate", "translation", "demo"] as const;

const events = element("events", HTMLOListElement);
const standing = element("standing", HTMLElement);
const empty = element("empty", HTMLElement);
const counts = new Map(NAMES.map((name) => [name, 0]));
const socket = io({ path: SOCKETS });

socket.on("connect", () => stand("connected"));
socket.on("disconnect", () => stand("disconnected"));
socket.on("connect_error", (error) => stand(socket.active ? "no connection; trying again" : error.message));
for (const name of NAMES) {
  const shown = element(`show-${name}`, HTMLInputElement);
  shown.addEventListener("change", () => events.classList.toggle(`no-${name}`, !shown.checked));
  events.classList.toggle(`no-${name}`, !shown.checked);
  socket.on(name, (...data: unknown[]) => list(name, data));
}

function stand(how: string): void {
  say(standing, how);
  document.documentElement.dataset.standing = socket.connected ? "live" : "reconnecting";
  empty.textContent = socket.connected ? "Connected. Nothing has come yet." : "Not connected: nothing can come.";
}

function list(name: (typeof NAMES)[number], data: unknown[]): void {
  counts.set(name, counts.get(name)! + 1);
  element(`count-${name}`, HTMLElement).textContent = String(counts.get(name));
  empty.hidden = true;
  const item = document.createElement("li");
  item.className = name;
  const time = text("time", new Date().toLocaleTimeString([], { hour12: false }));
  item.append(time, " ", text("code", name), " ", text("span", data.map(told).join(", "), "data"));
  events.prepend(item);
  if (events.childElementCount > KEPT) events.lastElementChild!.remove();
}

/** Text as it is, everything else as JSON; of binary data its length. */
function told(it: unknown): string {
  if (typeof it === "string") return it;
  if (it instanceof ArrayBuffer) return `(${it.byteLength} bytes)`;
  return JSON.stringify(it) ?? String(it);
}
