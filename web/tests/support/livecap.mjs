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
export const binary = process.env.LIVECAP_BINARY ?? join(target, "debug/livecap");

/** Captions as they are said here: `server.say({ type: "intermediate", text, committed, segment })`. `second`: the lines of another track. */
export async function captioning(t, { broadcast = "", env = {}, second } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "livecap-"));
  const file = join(folder, "lines.toml");
  const other = second ? `[lines.second]\npath = "second.jsonl"\n\n` : "";
  if (second) writeFileSync(join(folder, "second.jsonl"), written(second));
  const from = second ? `["english", "second"]` : `"english"`;
  writeFileSync(file, `[lines.english]\npath = "-"\n\n${other}[broadcast.web]\nfrom = ${from}\nlisten = "127.0.0.1:0"\n${broadcast}\n`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return start(t, ["run", file], env);
}

/** The relay alone. What is said here reaches its pages as it is. */
export async function relaying(t, args = [], env = {}) {
  const server = await start(t, ["serve", "--listen", "127.0.0.1:0", ...args], env);
  const emitter = spawn(binary, ["emit", server.url, "-"], { env: { ...process.env, ...env }, stdio: ["pipe", "ignore", "ignore"] });
  t.after(() => emitter.kill("SIGKILL"));
  return { ...server, say: write(emitter), done: () => ended(emitter) };
}

/** Any subcommand that serves, on a port that the system chose, which it names on standard error; until the test is over. */
export async function start(t, args, env = {}) {
  // No model of the person who runs the tests is seen: pages are tested with the one that is built in.
  const child = spawn(binary, args, { cwd: root, env: { ...process.env, LIVECAP_MODELS: tmpdir(), ...env }, stdio: ["pipe", "ignore", "pipe"] });
  const said = [];
  const exit = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  t.after(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const url = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`livecap ended before it listened:\n${said.join("\n")}`)));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const address = /listening.*?(http:\/\/[\w.:-]+)/.exec(line);
      if (address) resolve(address[1]);
    });
  });
  return { url: await url, process: child, exit, said, say: write(child), done: () => ended(child) };
}

function write(child) {
  // Who writes to one that was stopped has nothing more to say.
  child.stdin.on("error", () => {});
  return async (...lines) => {
    const isTaken = child.stdin.write(written(lines));
    if (!isTaken) await once(child.stdin, "drain");
  };
}

function written(lines) {
  return lines.map((it) => `${typeof it === "string" ? it : JSON.stringify(it)}\n`).join("");
}

/** No more lines come. */
function ended(child) {
  child.stdin.end();
}
