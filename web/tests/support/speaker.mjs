// What the tests of the speakers' page share: recordings as a browser's fake microphone plays them, and a pipeline that speakers feed.
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { binary, root, running, temporaryFolder } from "./livecap.mjs";
import { accepting, joinSockets } from "./tcp.mjs";
import { SOON_MS, within } from "./within.mjs";

/** The bundled recording, whose words the bundled model knows. */
export const DEMO = join(root, "pipelines/demo.flac");

/** A browser that plays this WAV file to every page that asks for the microphone. `asks`: a person would be asked for the permission. */
export function microphoneFlags(wav, { asks = false } = {}) {
  return ["--use-fake-device-for-media-stream", ...(asks ? [] : ["--use-fake-ui-for-media-stream"]), ...(wav ? [`--use-file-for-fake-audio-capture=${wav}`] : []), "--autoplay-policy=user-gesture-required"];
}

/** A recording as WAV, which is what Chromium's fake microphone plays. */
export async function asWav(t, recording = DEMO) {
  const folder = temporaryFolder(t);
  const file = join(folder, "voice.wav");
  const pipeline = join(folder, "pipeline.toml");
  writeFileSync(pipeline, `[recording.voice]\npath = ${JSON.stringify(recording)}\nspeed = "max"\n[record.wav]\nfrom = "voice"\npath = ${JSON.stringify(file)}\n`);
  const child = spawn(binary, ["run", pipeline], { stdio: ["ignore", "ignore", "pipe"] });
  const log = [];
  child.stderr.on("data", (it) => log.push(it));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`no WAV of ${recording}: ${Buffer.concat(log)}`);
  return file;
}

/** `keys`: of the stage `panel`; `broadcast`: of its server. */
export function speaking(t, { keys = "", broadcast = "", model = "demo", env = {} } = {}) {
  const pipeline = `[browser.panel]\n${keys}\n[whisper.words]\nfrom = "panel"\nmodel = ${JSON.stringify(model)}\n[broadcast.web]\nfrom = "words"\nlisten = "127.0.0.1:0"\n${broadcast}\n`;
  return running(t, pipeline, env);
}

/**
 * The address of a network before the server at `url` that can be cut and mended; what is cut stays silent, as a phone without a signal.
 * `refused(n)` resolves when so many connections were turned away since the cut.
 */
export async function throughNetwork(t, url) {
  const { port, hostname } = new URL(url);
  const open = new Set();
  let isCut = false;
  let refused = 0;
  const turnedAway = new EventEmitter();
  const address = await accepting(t, (from) => {
    if (isCut) {
      refused += 1;
      turnedAway.emit("one");
      return from.destroy();
    }
    const to = connect(Number(port), hostname);
    open.add(from.on("close", () => open.delete(from)));
    joinSockets(from, to);
  });
  return {
    url: address,
    cut() {
      [isCut, refused] = [true, 0];
      for (const it of open) it.destroy();
    },
    async refused(count) {
      while (refused < count) await within(once(turnedAway, "one"), SOON_MS, () => `${refused} of ${count} connections were tried`);
    },
    mend: () => (isCut = false),
  };
}
