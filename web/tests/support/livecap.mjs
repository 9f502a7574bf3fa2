// The real binary for the browser tests: a pipeline that is fed lines, a pipeline file, or the relay alone.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SOON_MS, within } from "./within.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
export const binary = process.env.LIVECAP_BINARY ?? join(target, "debug/livecap");

/** A pipeline that captions what it is told: `server.say(final("Good morning."))`. `second`: the lines of another track. */
export async function captioning(t, { broadcast = "", env = {}, second } = {}) {
  const other = second ? `[lines.second]\npath = "second.jsonl"\n\n` : "";
  const from = second ? `["english", "second"]` : `"english"`;
  const pipeline = `[lines.english]\npath = "-"\n\n${other}[broadcast.web]\nfrom = ${from}\nlisten = "127.0.0.1:0"\n${broadcast}\n`;
  return running(t, pipeline, env, second ? { "second.jsonl": toLines(second) } : {});
}

/** The text of a pipeline file, run from a folder of its own with these other `files` in it. */
export async function running(t, pipeline, env = {}, files = {}) {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries({ "pipeline.toml": pipeline, ...files })) writeFileSync(join(folder, name), text);
  return start(t, ["run", join(folder, "pipeline.toml")], env);
}

/** The relay alone. What is said here reaches its pages as it is. */
export async function relaying(t, args = [], env = {}) {
  const server = await start(t, ["serve", "--listen", "127.0.0.1:0", ...args], env);
  const emitter = spawn(binary, ["emit", server.url, "-"], { env: { ...process.env, ...env }, stdio: ["pipe", "ignore", "ignore"] });
  t.after(() => emitter.kill("SIGKILL"));
  return { ...server, ...input(emitter) };
}

/** The demo as it is shipped. */
export function demonstrating(t, env = {}) {
  return start(t, ["run", "pipelines/demo.toml"], env);
}

/** Any subcommand that serves, killed after the test. It listens on a port that the system chose and names it on standard error. */
export async function start(t, args, env = {}) {
  // The models of the person who runs the tests are not used: pages are tested with the one that is built in.
  const all = { ...process.env, LIVECAP_MODELS: tmpdir(), LIVECAP_HOST: "127.0.0.1", LIVECAP_PORT: "0", ...env };
  const child = spawn(binary, args, { cwd: root, env: all, stdio: ["pipe", "ignore", "pipe"] });
  const log = [];
  const exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  t.after(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const url = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`livecap ended before it listened:\n${log.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      log.push(line);
      const address = /listening.*?(http:\/\/[\w.:-]+)/.exec(line);
      if (address) resolve(address[1]);
    });
  });
  return { url: await within(url, SOON_MS, () => `livecap named no address:\n${log.join("\n")}`), process: child, exit, ...input(child) };
}

/** Whether it ends when it is told to stop: its exit status. */
export function stop(server) {
  server.process.kill("SIGINT");
  return within(server.exit, SOON_MS, () => "livecap did not stop");
}

/** An empty folder, removed after the test. */
export function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), "livecap-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `say` writes lines to a process; `done` says that no more will come. */
function input(child) {
  // Writing to a process that was stopped is no error here.
  child.stdin.on("error", () => {});
  return {
    say: async (...lines) => {
      if (!child.stdin.write(toLines(lines))) await once(child.stdin, "drain");
    },
    done: () => child.stdin.end(),
  };
}

function toLines(lines) {
  return lines.map((it) => `${typeof it === "string" ? it : JSON.stringify(it)}\n`).join("");
}
