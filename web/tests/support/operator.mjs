// What the tests of the operator's page and its screenshots share: pipelines to operate, and a client that follows them.
import { join } from "node:path";
import { io } from "socket.io-client";
import { root } from "./livecap.mjs";
import { SOON_MS, within } from "./within.mjs";

/** A pipeline file from this source on. `more`: tables for what follows `english`, with the stage `spanish`. */
export function pipeline(source, { token = false, more = "" } = {}) {
  return [
    "[pipeline]", 'name = "town hall"', source, "[resample.speech]", 'from = "mic"', "[whisper.english]", 'from = "speech"',
    'model = "demo"', more, "[broadcast.web]", `from = ${more === "" ? '"english"' : '["english", "spanish"]'}`, 'listen = "127.0.0.1:0"',
    token ? 'operator-token-env = "OPERATOR"' : "",
  ].join("\n");
}

/** The bundled recording, over and over. */
export const RECORDING = `[recording.mic]\npath = ${JSON.stringify(join(root, "pipelines/demo.flac"))}\nloop = true\n`;

/** A caption client. `next` waits for an event, which may have come already; each is given once. */
export async function follow(url) {
  const socket = io(url, { auth: { v: 1 }, transports: ["websocket"] });
  const events = [];
  const waiting = [];
  socket.onAny((name, data) => {
    events.push({ name, data });
    waiting.splice(0).forEach((wake) => wake());
  });
  let from = 0;
  const next = async (name, fits = () => true) => {
    for (;;) {
      const at = events.findIndex((it, at) => at >= from && it.name === name && fits(it.data));
      if (at >= 0) {
        from = at + 1;
        return events[at].data;
      }
      await within(new Promise((resolve) => waiting.push(resolve)), SOON_MS, () => `no ${name} came`);
    }
  };
  await next("hello");
  return { next, all: (name) => events.filter((it) => it.name === name).map((it) => it.data), close: () => socket.close() };
}
