// A real translator on this machine: Apertium's server, with English and Spanish.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { findProgram, isReadable } from "./programs.mjs";
import { SOON_MS } from "./within.mjs";

const PAIRS = "/usr/share/apertium";
const apertium = findProgram(["apertium-apy"]);
export const skip = apertium && isReadable(join(PAIRS, "modes/eng-spa.mode")) ? false : "apertium-apy with English and Spanish is not installed";

/** Its host and port. */
export async function translating(t) {
  const port = await freePort();
  const child = spawn(apertium, ["-p", String(port), "-j", "1", PAIRS], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  const until = Date.now() + SOON_MS;
  while (!(await isListening(port))) {
    if (Date.now() > until) throw new Error("apertium-apy does not listen");
  }
  return `127.0.0.1:${port}`;
}

/** apertium-apy takes no port 0: this one was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (it) => {
      socket.destroy();
      // A refusal comes at once; the next try need not.
      setTimeout(() => resolve(it), it ? 0 : 50);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}
