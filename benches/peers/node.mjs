// socket.io: every event goes to all clients. Prints its port.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(process.argv[2] + "/")("socket.io");
const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => socket.onAny((event, ...args) => io.emit(event, ...args)));
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
