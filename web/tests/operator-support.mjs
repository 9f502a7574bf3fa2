// What the operator's browser test and its photographer share: a real binary, a real browser, pipeline files of their own.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const binary = process.env.LIVECAP_BINARY ?? join(target, "debug/livecap");

/** Nothing here takes longer, on any machine. */
export const SOON_MS = 30_000;
export const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** A pipeline from this source, heard over and over: two recognisers' worth of stages would only cost time. */
export function pipeline(source, { token = false, more = "" } = {}) {
  return [
    "[pipeline]", 'name = "town hall"', source, "[resample.speech]", 'from = "mic"', "[whisper.english]", 'from = "speech"',
    'model = "demo"', more, "[broadcast.web]", `from = ${more === "" ? '"english"' : '["english", "spanish"]'}`, 'listen = "127.0.0.1:0"',
    token ? 'operator-token-env = "OPERATOR"' : "",
  ].join("\n");
}

export const RECORDING = `[recording.mic]\npath = ${JSON.stringify(join(root, "pipelines/demo.flac"))}\nloop = true\n`;

/** The binary with this pipeline file, on a port that the system chose, which it names on standard error. */
export async function started(text, { secret, port } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "livecap-operator-"));
  const file = join(folder, "pipeline.toml");
  writeFileSync(file, text);
  const env = { ...process.env, LIVECAP_HOST: "127.0.0.1", LIVECAP_PORT: String(port ?? 0) };
  if (secret !== undefined) env.OPERATOR = secret;
  const child = spawn(binary, ["run", file], { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
  const said = [];
  const exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  void exit.then(() => rmSync(folder, { recursive: true, force: true }));
  const url = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`livecap ended before it listened:\n${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const address = /listening.*?(http:\/\/[\w.:-]+)/.exec(line);
      if (address) resolve(address[1]);
    });
  });
  try {
    return { process: child, exit, folder, url: await within(url, SOON_MS, () => `livecap named no address:\n${said.join("\n")}`) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

export async function within(promise, ms, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message()} (${ms} ms)`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function findBrowser() {
  const named = process.env.LIVECAP_CHROMIUM;
  if (named) return named;
  const places = (process.env.PATH ?? "").split(delimiter).flatMap((folder) =>
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].map((name) => join(folder, name)),
  );
  places.push("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium");
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
