// What a page knows of its server.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ServerStatus } from "../src/server-status.ts";
import type { Status } from "../src/why.ts";

const after = (...statuses: Status[]): Status => {
  const server = new ServerStatus();
  for (const it of statuses) server.connectionIs(it);
  return server.connection;
};

describe("the connection", () => {
  it("stays ended when the server goes away after the end", () => {
    for (const later of ["reconnecting", "connecting", "full"] as const) assert.equal(after("live", "ended", later), "ended", later);
  });

  it("is live again when another pipeline begins", () => {
    assert.equal(after("live", "ended", "reconnecting", "live"), "live");
    assert.equal(after("live", "ended", "live", "reconnecting"), "reconnecting");
  });

  it("asks for a token after the end too", () => {
    assert.equal(after("ended", "unauthorized"), "unauthorized");
  });
});

it("the message names a track that is missing, once the tracks are known", () => {
  const server = new ServerStatus();
  server.connectionIs("live");
  assert.equal(server.message(["hall"], undefined).isTrouble, false);
  server.tracks = [{ name: "english", lang: "en", langs: [] }];
  assert.match(server.message(["hall"], undefined).text, /no track here called hall/);
});
