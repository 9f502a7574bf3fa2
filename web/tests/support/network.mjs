// A network that fails between a page and its server.
import { connect } from "node:net";
import { accepting } from "./tcp.mjs";

/** A connection to the server at `url` that can be cut, go silent, and be restored; its own address is `url`. */
export async function cuttable(t, url) {
  const { port, hostname } = new URL(url);
  const pairs = new Set();
  let isCut = false;
  let limit = Number.POSITIVE_INFINITY;
  let reachedLimit;
  const network = {
    /** Both ends are told that the connection is gone, and no new one is let through. */
    cut() {
      isCut = true;
      for (const { page, server } of pairs) for (const end of [page, server]) reset(end);
    },
    /** The server's end goes, and the page is told nothing. */
    silence() {
      isCut = true;
      for (const pair of pairs) {
        pair.isSilent = true;
        pair.page.unpipe();
        pair.server.unpipe();
        pair.server.destroy();
      }
    },
    restore() {
      isCut = false;
      limit = Number.POSITIVE_INFINITY;
    },
    /** Cuts as soon as a connection has received so many bytes from the server: then this resolves. */
    cutAfter(bytes) {
      limit = bytes;
      return new Promise((resolve) => (reachedLimit = resolve));
    },
  };
  network.url = await accepting(t, (page) => {
    if (isCut) return reset(page);
    const server = connect(Number(port), hostname);
    const pair = { page, server, isSilent: false };
    pairs.add(pair);
    let received = 0;
    server.on("data", (it) => {
      received += it.length;
      if (received <= limit) return;
      network.cut();
      reachedLimit();
    });
    page.pipe(server).pipe(page);
    server.on("error", () => {});
    for (const end of [page, server]) {
      end.on("close", () => {
        // The page's end of a silent pair stays open until the test is over.
        if (pair.isSilent) return;
        pairs.delete(pair);
        page.destroy();
        server.destroy();
      });
    }
  });
  return network;
}

/** A socket that is shutting down cannot be reset: Node.js would wait for its end for ever. */
function reset(end) {
  if (end.writableEnded) end.destroy();
  else end.resetAndDestroy();
}
