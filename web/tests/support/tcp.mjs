// A TCP server on a port that the system chooses.
import { once } from "node:events";
import { createServer } from "node:net";

/** Its address as a URL. `take` is given each connection; all are closed after the test. */
export async function accepting(t, take) {
  const open = new Set();
  const server = createServer((socket) => {
    open.add(socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket)));
    take(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const it of open) it.destroy();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Passes on what comes from either of two sockets; where one closes, so does the other. */
export function joinSockets(from, to) {
  to.on("error", () => from.destroy()).on("close", () => from.destroy());
  from.on("close", () => to.destroy());
  from.pipe(to).pipe(from);
}
