// Where the server is: beside the page, also where a proxy serves it below a path of its own.

/** The path of Socket.IO. */
export const SOCKETS = new URL("socket.io/", document.baseURI).pathname;
