// The real binary for the browser's tests: a pipeline that is fed lines, or the relay alone.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const binary = process.env.LIVECAP_BINARY ?? join(target, "debug/livecap");

/** For a machine that is busy with something else. */
export const LONG_MS = 60_000;

/** Captions as they are said here: `server.say({ type: "intermediate", text, committed, segment })`. */
export async function captioning({ broadcast = "", env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "livecap-"));
  const file = join(folder, "lines.toml");
  const listen = `listen = "127.0.0.1:0"`;
  writeFileSync(file, `[lines.english]\npath = "-"\n\n[broadcast.web]\nfrom = "english"\n${listen}\n${broadcast}\n`);
  const server = await start(["run", file], env);
  return { ...server, stop: async () => (await server.stop(), rmSync(folder, { recursive: true, force: true })) };
}

/** The relay alone. What is emitted on `sender.say` reaches its pages as it is. */
export async function relaying(args = [], env = {}) {
  const server = await start(["serve", "--listen", "127.0.0.1:0", ...args], env);
  const emitter = spawn(binary, ["emit", server.url, "-"], { env: { ...process.env, ...env }, stdio: ["pipe", "ignore", "ignore"] });
  const stop = async () => {
    emitter.kill("SIGKILL");
    await server.stop();
  };
  return { ...server, say: write(emitter), done: () => ended(emitter), stop };
}

/** Any subcommand that serves, on a port that the system chose, which it names on standard error. */
export async function start(args, env = {}) {
  const child = spawn(binary, args, { cwd: root, env: { ...process.env, ...env }, stdio: ["pipe", "ignore", "pipe"] });
  const said = [];
  const exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`livecap ended before it listened:\n${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const address = /listening.*?(http:\/\/[\w.:-]+)/.exec(line);
      if (address) resolve(address[1]);
    });
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await exit;
  };
  return { url: await url, process: child, exit, said, say: write(child), done: () => ended(child), stop };
}

function write(child) {
  // Who writes to one that was stopped has nothing more to say.
  child.stdin.on("error", () => {});
  return async (...lines) => {
    const written = child.stdin.write(lines.map((it) => `${typeof it === "string" ? it : JSON.stringify(it)}\n`).join(""));
    if (!written) await once(child.stdin, "drain");
  };
}

/** No more lines come. */
function ended(child) {
  child.stdin.end();
}
