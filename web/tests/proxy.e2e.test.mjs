// What readers see behind a proxy: one that does not pass websockets on, one that serves livecap below a path, one that never answers them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { download, fontsAreLoaded, isLive, shows, skip, useBrowser } from "./support/browser.mjs";
import { final } from "./support/events.mjs";
import { binary, captioning } from "./support/livecap.mjs";
import { behindNginx, skip as noNginx, withoutWebsockets } from "./support/proxy.mjs";

const PLAIN = "location / { proxy_pass UPSTREAM; }";
const BELOW = `location /captions/ { proxy_pass UPSTREAM/; proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }`;
const LEFT_THERE = `location /captions { proxy_pass UPSTREAM; proxy_set_header X-Forwarded-Prefix /captions; }`;

describe("behind a proxy", { skip }, () => {
  const { open } = useBrowser();

  it("captions come by long-polling where nginx passes no websocket on", { skip: noNginx }, async (t) => {
    const server = await captioning(t);
    const page = await open(t, await behindNginx(t, server.url, PLAIN));
    await isLive(page);
    await server.say(final("Good morning."), final("And welcome."));
    await shows(page, "And welcome.");
    assert.ok(page.requests.some((it) => it.includes("transport=polling")));
  });

  it("`livecap listen` goes on by long-polling where nginx passes no websocket on", { skip: noNginx }, async (t) => {
    const server = await captioning(t);
    const proxy = await behindNginx(t, server.url, PLAIN);
    const listener = spawn(binary, ["listen", proxy, "--captions", "--from", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => listener.kill("SIGKILL"));
    await server.say(final("Good morning."));
    for await (const line of createInterface({ input: listener.stdout })) if (line.includes("Good morning.")) return;
    assert.fail("it ended before it heard anything");
  });

  for (const [name, location, websocket] of [
    ["that takes the path off", BELOW, true],
    ["that says so and leaves it there", LEFT_THERE, false],
  ]) {
    it(`everything works below a path, with a proxy ${name}`, { skip: noNginx }, async (t) => {
      const server = await captioning(t, { broadcast: `operator-token-env = "OPERATOR"\ntrusted-proxies = ["127.0.0.1"]`, env: { OPERATOR: "sesame" } });
      const proxy = await behindNginx(t, server.url, location);
      const page = await open(t, `${proxy}/captions/?font=dyslexic`);
      await isLive(page);
      await server.say(final("Good morning."));
      await shows(page, "Good morning.");
      await fontsAreLoaded(page);
      assert.equal(page.requests.some((it) => it.includes("transport=polling")), !websocket);
      await page.click("#open");
      assert.match((await download(page, "a[href*='transcript.txt']")).text, /Good morning\./);
      await page.goto(`${proxy}/captions/overlay`);
      await isLive(page);
      await server.say(final("On the stream."));
      await shows(page, "On the stream.");
      await page.goto(`${proxy}/captions/demo`);
      await isLive(page);
      await page.goto(`${proxy}/captions/operator#token=sesame`);
      await page.waitForSelector("#pause:visible");
      assert.deepEqual(page.requests.filter((it) => !new URL(it).pathname.startsWith("/captions/")), []);
      assert.deepEqual(page.complaints.filter((it) => !it.includes("WebSocket")), []);
    });
  }

  it("captions come by long-polling where websockets are never answered", async (t) => {
    const server = await captioning(t);
    const page = await open(t, await withoutWebsockets(t, server.url));
    await isLive(page);
    await server.say(final("Late, but there."));
    await shows(page, "Late, but there.");
  });
});
