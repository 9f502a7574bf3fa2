"""python-socketio on uvicorn: every event goes to all clients. Prints its port."""
import socket

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi")


@server.on("*")
async def relay(event, sid, *args):
    await server.emit(event, args)


bound = socket.socket()
bound.bind(("127.0.0.1", 0))
# From now on connections wait for the server.
bound.listen(2048)
print(bound.getsockname()[1], flush=True)
config = uvicorn.Config(socketio.ASGIApp(server), log_level="error", ws="websockets")
uvicorn.Server(config).run(sockets=[bound])
