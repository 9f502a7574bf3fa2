// What may stand between a reader and livecap: a real nginx, or a proxy that never answers websockets.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, watch, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { temporaryFolder } from "./livecap.mjs";
import { findProgram } from "./programs.mjs";
import { accepting, joinSockets } from "./tcp.mjs";

const nginx = findProgram(["nginx"], ["/usr/sbin", "/usr/local/sbin"]);
export const skip = nginx ? false : "no nginx on this machine";

/** The address of an nginx before the server at `url`. `location`: the inside of its `server`, with UPSTREAM for `url`. */
export async function behindNginx(t, url, location) {
  const folder = temporaryFolder(t);
  const socket = join(folder, "socket");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((it) => `${it}_temp_path ${folder}/${it};`).join(" ");
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `pid ${folder}/pid; error_log stderr; daemon off; master_process off; events {}
     http { access_log off; ${temporary}
       map $http_upgrade $connection_upgrade { default upgrade; '' close; }
       server { listen unix:${socket}; ${location.replaceAll("UPSTREAM", url)} } }`,
  );
  const isListening = appears(folder, socket);
  const child = spawn(nginx, ["-p", folder, "-e", "stderr", "-c", file], { stdio: ["ignore", "ignore", "inherit"] });
  const exit = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  await Promise.race([isListening, exit.then(() => Promise.reject(new Error("nginx ended")))]);
  // nginx cannot ask the system for a free port, so it listens on a file.
  return accepting(t, (from) => joinSockets(from, connect(socket)));
}

/** The address of a proxy before the server at `url` that accepts websockets and never answers them. */
export async function withoutWebsockets(t, url) {
  const { port, hostname } = new URL(url);
  return accepting(t, (from) =>
    from.once("data", (head) => {
      if (/^upgrade: *websocket/im.test(head.toString("latin1"))) return;
      const to = connect(Number(port), hostname);
      to.write(head);
      joinSockets(from, to);
    }),
  );
}

function appears(folder, path) {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => existsSync(path) && (watcher.close(), resolve()));
  });
}
