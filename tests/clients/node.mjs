// socket.io-client in node: text, binary, several arguments, acknowledgements, after the upgrade where there is one.
import { createRequire } from "node:module";

const [url, transport] = process.argv.slice(2);
const { io } = createRequire(process.env.LIVECAP_WEB + "/")("socket.io-client");
const tell = (...what) => console.log(JSON.stringify(what.map(shown)));

function shown(value) {
  if (Buffer.isBuffer(value)) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(shown);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, shown(it)]));
  return value;
}

const transports = transport.split(",");
const socket = io(url, { transports, reconnection: false });
socket.on("connect_error", (error) => (tell("connect_error", error.message), process.exit(1)));
socket.on("disconnect", () => tell("disconnected"));
socket.on("demo", (counter) => tell("on demo", counter));
socket.onAny((event, ...args) => {
  if (event !== "demo") tell("on any", event, ...args);
  if (event === "last") socket.disconnect();
});
await new Promise((connected) => socket.on("connect", connected));
if (transports.length > 1 && socket.io.engine.transport.name !== "websocket")
  await new Promise((upgraded) => socket.io.engine.once("upgrade", upgraded));
tell("over", socket.io.engine.transport.name);
socket.emit("demo", 1467);
socket.emit("several", "one", 2, { three: [Buffer.from([1, 2]), null] });
socket.emit("grüße", "olá");
tell("answer", ...(await new Promise((answered) => socket.emit("asked", "?", (...answer) => answered(answer)))));
socket.emit("last");
