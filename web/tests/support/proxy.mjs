// What may stand between a reader and livecap: a real nginx, or something that swallows websockets.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { isExecutable } from "./browser.mjs";

const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
const nginx = folders.map((folder) => join(folder, "nginx")).find(isExecutable);
export const skip = nginx ? false : "no nginx on this machine";

/** An nginx before the server at `url`, until the test is over; its address. `location`: the inside of its `server`, with UPSTREAM for `url`. */
export async function behindNginx(t, url, location) {
  const folder = mkdtempSync(join(tmpdir(), "livecap-nginx-"));
  const socket = join(folder, "socket");
  const kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((it) => `${it}_temp_path ${folder}/${it};`).join(" ");
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `pid ${folder}/pid; error_log stderr; daemon off; master_process off; events {}
     http { access_log off; ${kept}
       map $http_upgrade $connection_upgrade { default upgrade; '' close; }
       server { listen unix:${socket}; ${location.replaceAll("UPSTREAM", url)} } }`,
  );
  const started = appears(folder, socket);
  const child = spawn(nginx, ["-p", folder, "-e", "stderr", "-c", file], { stdio: ["ignore", "ignore", "inherit"] });
  const exit = once(child, "exit");
  t.after(async () => {
    child.kill("SIGKILL");
    await exit;
    rmSync(folder, { recursive: true, force: true });
  });
  await Promise.race([started, exit.then(() => Promise.reject(new Error("nginx ended")))]);
  // A port that the system chooses, which nginx cannot ask for.
  return serving(t, (from) => both(from, connect(socket)));
}

/** Before the server at `url` something that takes websockets and never answers them; its address. */
export async function withoutWebsockets(t, url) {
  const { port, hostname } = new URL(url);
  return serving(t, (from) =>
    from.once("data", (head) => {
      if (/^upgrade: *websocket/im.test(head.toString("latin1"))) return;
      const to = connect(Number(port), hostname);
      to.write(head);
      both(from, to);
    }),
  );
}

async function serving(t, take) {
  const open = new Set();
  const server = createServer((from) => {
    open.add(from.on("error", () => from.destroy()).on("close", () => open.delete(from)));
    take(from);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const it of open) it.destroy();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

function both(from, to) {
  to.on("error", () => from.destroy()).on("close", () => from.destroy());
  from.on("close", () => to.destroy());
  from.pipe(to).pipe(from);
}

function appears(folder, path) {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => existsSync(path) && (watcher.close(), resolve()));
  });
}
