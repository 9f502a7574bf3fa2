// The Socket.IO client that the server delivers at /sio.js/socket.io.js: npm's own build, which the page need not carry twice.
import type { ManagerOptions, Socket, SocketOptions } from "socket.io-client";

declare const io: typeof import("socket.io-client").io;

/** Connects to the server beside the page, also where a proxy serves both below a path. */
export function connect(options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
  return io({ path: new URL("socket.io/", document.baseURI).pathname, ...options });
}
