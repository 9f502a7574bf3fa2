// A wire between a page and its server, to be cut.
import { once } from "node:events";
import { createServer, connect } from "node:net";

/** A wire to a server that can be cut, be silent, and be mended. */
export async function cuttable(t, url) {
  const there = new URL(url);
  const pairs = new Set();
  let isCut = false;
  let spent;
  let most = Number.POSITIVE_INFINITY;
  const server = createServer((near) => {
    if (isCut) return reset(near);
    const far = connect(Number(there.port), there.hostname);
    const pair = [near, far];
    pairs.add(pair);
    near.pipe(far);
    let come = 0;
    far.on("data", (it) => (come += it.length) > most && (wire.cut(), spent()));
    far.pipe(near);
    for (const it of pair) {
      it.on("error", () => {});
      it.on("close", () => {
        // Of a silent pair the near end stays, until the test is over.
        if (pair.isSilent) return;
        pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wire = {
    url: `http://127.0.0.1:${server.address().port}`,
    cut() {
      isCut = true;
      for (const pair of pairs) for (const end of pair) reset(end);
    },
    /** The far end goes, and the near one is told nothing. */
    silence() {
      isCut = true;
      for (const pair of pairs) {
        pair.isSilent = true;
        pair[0].unpipe();
        pair[1].unpipe();
        pair[1].destroy();
      }
    },
    mend() {
      isCut = false;
      most = Number.POSITIVE_INFINITY;
    },
    /** It is cut as soon as a connection has got so much from the server: then this resolves. */
    cutAfter(bytes) {
      most = bytes;
      return new Promise((resolve) => (spent = resolve));
    },
  };
  t.after(() => {
    wire.cut();
    server.close();
  });
  return wire;
}

/** One that is shutting down cannot be reset: Node.js would wait for its end for ever, and turn at full speed when the process ends. */
function reset(end) {
  if (end.writableEnded) end.destroy();
  else end.resetAndDestroy();
}
