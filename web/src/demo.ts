// The plain client of the old demo: four events, listed as they come, the newest on top.

declare const io: typeof import("socket.io-client").io;

const KEPT = 500;
const events = document.getElementById("events")!;
const standing = document.getElementById("standing")!;
const socket = io();

socket.on("connect", () => (standing.textContent = "connected"));
socket.on("disconnect", () => (standing.textContent = "disconnected"));
for (const name of ["final", "intermediate", "translation", "demo"]) {
  socket.on(name, (...data: unknown[]) => list(name, data));
}

function list(name: string, data: unknown[]): void {
  const item = document.createElement("li");
  item.className = name;
  const label = document.createElement("code");
  label.textContent = name;
  item.append(label, " ", data.map((it) => (typeof it === "string" ? it : JSON.stringify(it))).join(", "));
  events.prepend(item);
  if (events.childElementCount > KEPT) events.lastElementChild!.remove();
}
