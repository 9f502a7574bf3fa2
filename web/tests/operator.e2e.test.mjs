// The operator's page in a real browser against the real binary: what it shows, what its buttons do, who may.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { io } from "socket.io-client";
import { FLAGS, RECORDING, SOON_MS, findBrowser, pipeline, root, started, within } from "./operator-support.mjs";
import { tells } from "./support/browser.mjs";

const axe = readFileSync(join(root, "web/node_modules/axe-core/axe.min.js"), "utf8");
const browserPath = findBrowser();
const skip = browserPath ? false : "no Chromium on this machine; LIVECAP_CHROMIUM may name one";
// What a form would read as a space is itself.
const SECRET = "a+secret-of-operators";
const HEAVIEST = 150_000;

describe("the operator's page", { skip }, () => {
  let server, browser, page, viewer;
  const complaints = [], asked = [];

  before(async () => {
    browser = await chromium.launch({ executablePath: browserPath, args: FLAGS });
    try {
      server = await started(pipeline(RECORDING, { token: true }), { secret: SECRET });
      page = await opened(browser, complaints, asked);
    } catch (error) {
      await close();
      throw error;
    }
  });

  after(close);

  it("asks for the token, refuses a wrong one aloud, and opens for the right one", async () => {
    await page.goto(`${server.url}/operator?points=5`);
    await page.waitForSelector('html[data-standing="locked"]');
    assert.equal(await page.isVisible("#inside"), false);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "token");
    await accessible(page, "the door");
    await page.fill("#token", "not-the-secret");
    await page.keyboard.press("Enter");
    await page.waitForSelector('html[data-standing="refused"]');
    await tells(page, "#trouble", /token was refused/);
    await page.fill("#token", SECRET);
    await page.keyboard.press("Enter");
    await standing(page, "live");
    assert.ok(await page.isVisible("#inside"));
  });

  it("draws the stages and edges of the plan", async () => {
    const stages = await page.locator("#graph .stage").evaluateAll((all) => all.map((it) => [it.dataset.stage, it.dataset.kind]));
    assert.deepEqual(stages, [["mic", "recording"], ["speech", "resample"], ["english", "whisper"], ["web", "broadcast"]]);
    const edges = await page.locator("#graph .edge").evaluateAll((all) => all.map((it) => [it.dataset.from, it.dataset.to]));
    assert.deepEqual(edges, [["mic", "speech"], ["speech", "english"], ["english", "web"]]);
    assert.equal(await page.textContent("#pipeline"), ": town hall");
    await page.waitForSelector('#graph .stage[data-stage="english"][data-state="running"]');
  });

  it("shows numbers that change while somebody speaks", async () => {
    await page.click("#edges-details summary");
    await page.click("#stages-details summary");
    const taken = () => page.textContent("#edges tr:nth-child(1) td:nth-of-type(6)");
    const first = await taken();
    await page.waitForFunction((old) => document.querySelector("#edges tr:nth-child(1) td:nth-of-type(6)").textContent !== old, first);
    await page.waitForFunction(() => /\d\/s/.test(document.querySelector('[data-stage="english"] .pace').textContent));
    await page.waitForFunction(() => /ms|s$/.test(document.getElementById("lag").textContent));
    await page.waitForFunction(() => document.getElementById("level").value > -50);
    assert.match(await page.textContent("#level-text"), /dB/);
    await page.waitForFunction(() => document.querySelectorAll("#latency tr").length >= 4);
    const rows = await page.locator("#latency th").allTextContents();
    for (const stage of ["resampled", "recognised", "published", "all"]) assert.ok(rows.includes(`${stage}, english`), rows.join());
  });

  it("counts the viewers", async () => {
    viewer = await watching(server.url);
    await page.waitForFunction(() => document.getElementById("viewers").textContent === "1");
  });

  it("shows what the program logs", async () => {
    await page.waitForFunction(() => /ready in/.test(document.getElementById("lines").textContent));
    assert.ok(!(await page.textContent("#lines")).includes(SECRET));
  });

  it("keeps so many points in its plots and no more", async () => {
    await page.waitForFunction(() => Number(document.documentElement.dataset.looks) > 8);
    for (const plot of ["#lag-plot", "#stage-plot"]) {
      assert.equal(await page.getAttribute(plot, "data-points"), "5");
      assert.ok((await page.locator(`${plot} canvas`).count()) === 1);
    }
  });

  it("has no violation that axe-core knows of, light and dark, broad and narrow", async () => {
    for (const colorScheme of ["light", "dark"]) {
      for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize(viewport);
        await accessible(page, `${colorScheme} ${viewport.width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${viewport.width}: ${wide} px are beside the screen`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("marks a moment with a text, for everybody", async () => {
    await page.fill("#mark-text", "applause <b>");
    await page.keyboard.press("Enter");
    const mark = await viewer.next("mark");
    assert.equal(mark.text, "applause <b>");
    await page.waitForFunction((seq) => document.getElementById("done").textContent === `Marked, as number ${seq}.`, mark.seq);
    assert.equal(await page.inputValue("#mark-text"), "");
  });

  it("clears every screen", async () => {
    await page.click("#clear");
    await viewer.next("clear");
    await page.waitForFunction(() => /cleared/.test(document.getElementById("done").textContent));
  });

  it("pauses and resumes, and nothing that is said meanwhile is recognised", async () => {
    await page.click("#pause");
    await viewer.next("state", (it) => it.paused);
    await standing(page, "paused");
    assert.equal(await page.textContent("#pause"), "Resume");
    await tells(page, "#trouble", /nothing that is said now/);
    // The microphone still shows that it works.
    await page.waitForFunction(() => document.getElementById("level").value > -50);
    await page.waitForFunction(() => /paused by an operator/.test(document.getElementById("lines").textContent));
    await page.click("#pause");
    const gap = await viewer.next("gap", (it) => it.why === "paused");
    await standing(page, "live");
    await viewer.next("caption", (it) => it.start >= gap.end && it.kind === "final");
    const within = viewer.all("caption").filter((it) => gap.start + 0.05 < it.end && it.start < gap.end - 0.05);
    assert.deepEqual(within, []);
  });

  it("says that nothing answers, asks on, and is back by itself", async () => {
    await page.context().setOffline(true);
    await standing(page, "gone");
    await tells(page, "#trouble", /does not answer/);
    assert.ok(await page.isDisabled("#pause"));
    await page.context().setOffline(false);
    await standing(page, "live");
    assert.ok(await page.isEnabled("#pause"));
  });

  it("ends only after it was asked once more, by keys alone", async () => {
    await page.focus("#end");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "end-not");
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("#sure"), false);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "end");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "end-now");
    await accessible(page, "asked once more");
    await page.keyboard.press("Enter");
    await viewer.next("end");
    await standing(page, "ended");
    await tells(page, "#trouble", /pipeline has ended/);
    assert.ok((await page.isDisabled("#pause")) && (await page.isDisabled("#end")) && (await page.isEnabled("#mark")));
    await page.waitForSelector('#graph .stage[data-stage="mic"][data-state="ended"]');
  });

  it("takes the token from the fragment, keeps it out of the address, and forgets it when told to", async () => {
    const second = await opened(browser, complaints, asked);
    await second.goto(`${server.url}/operator#token=${SECRET}`);
    await standing(second, "ended");
    assert.equal(second.url(), `${server.url}/operator`);
    await second.reload();
    await standing(second, "ended");
    await second.click("#forget");
    await standing(second, "locked");
    assert.deepEqual(await second.context().cookies(), []);
    // Pasted into a tab that is open.
    await second.evaluate(() => (location.hash = "token=caf%C3%A9"));
    await second.waitForFunction(() => /signs of ASCII/.test(document.getElementById("door-why").textContent));
    assert.equal(second.url(), `${server.url}/operator`);
    await second.evaluate((secret) => (location.hash = `token=${secret}`), SECRET);
    await standing(second, "ended");
    assert.equal(second.url(), `${server.url}/operator`);
    await second.close();
  });

  it("takes a token where the browser keeps nothing, and goes on after an exception", async () => {
    const second = await opened(browser, complaints, asked);
    await second.addInitScript(() => Object.defineProperty(window, "sessionStorage", { get: () => { throw new Error("blocked"); } }));
    await second.goto(`${server.url}/operator`);
    await standing(second, "locked");
    await second.fill("#token", SECRET);
    await second.keyboard.press("Enter");
    await standing(second, "ended");
    // As from something that is not as the page was written for.
    await second.route("**/api/state", async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), levels: null } }));
    await standing(second, "broken");
    await tells(second, "#trouble", /TypeError/);
    await second.unrouteAll({ behavior: "wait" });
    await standing(second, "ended");
    await second.close();
  });

  it("leaves its origin for nothing, has the token in no address, weighs little, and is in no frame", async () => {
    for (const url of asked) {
      assert.equal(new URL(url).origin, server.url, url);
      assert.ok(!url.includes(SECRET), url);
    }
    let bytes = 0;
    for (const path of ["/operator", "/operator.js", "/operator.css", "/icon.svg"]) {
      assert.ok(asked.some((url) => new URL(url).pathname === path), path);
      const answer = await fetch(server.url + path);
      bytes += gzipSync(Buffer.from(await answer.arrayBuffer())).length;
      const policy = answer.headers.get("content-security-policy");
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
      if (path !== "/operator") continue;
      assert.match(policy, /frame-ancestors 'none'/);
      // What is still good takes its headers from the answer that says so.
      const again = await fetch(server.url + path, { headers: { "if-none-match": answer.headers.get("etag") } });
      assert.equal(again.status, 304);
      assert.match(again.headers.get("content-security-policy"), /frame-ancestors 'none'/);
    }
    console.log(`the page weighs ${bytes} bytes compressed`);
    assert.ok(bytes <= HEAVIEST, `${bytes}`);
  });

  it("says that the server is gone when it is", async () => {
    server.process.kill("SIGINT");
    await standing(page, "gone");
    assert.equal(await page.textContent("#standing"), "server gone");
    await within(server.exit, SOON_MS, () => "livecap did not stop");
  });

  it("gave the browser nothing to complain about", () => {
    assert.deepEqual(complaints, []);
  });

  async function close() {
    viewer?.close();
    server?.process.kill("SIGKILL");
    await browser?.close();
  }
});

// A program that hums, and tells its number in a file, so that the test can end it.
const HUM = `
const [file] = process.argv.slice(1);
require("fs").writeFileSync(file, String(process.pid));
const frame = Buffer.alloc(640);
for (let at = 0; at < 320; at++) frame.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 400 * at) / 16000)), at * 2);
process.stdout.on("error", () => process.exit());
setInterval(() => process.stdout.write(frame), 20);
`;

describe("the operator's page without a token", { skip }, () => {
  let server, browser, page;
  const complaints = [], asked = [];
  const folder = mkdtempSync(join(tmpdir(), "livecap-hum-"));

  before(async () => {
    browser = await chromium.launch({ executablePath: browserPath, args: FLAGS });
    try {
      const file = (name) => JSON.stringify(join(folder, name));
      const hum = (name, restart) =>
        `[command.${name}]\ncommand = [${JSON.stringify(process.execPath)}, "-e", ${JSON.stringify(HUM)}, ${file(name)}]\nrate = 16000\n` +
        `restart = { ${restart} }\n`;
      const tape = (name) => `[record.${name}-tape]\nfrom = "${name}"\npath = "${name}.wav"\n`;
      const sources = hum("mic", 'wait = "10m"') + hum("hall", 'wait = "1ms"') + hum("foyer", "limit = 0");
      const text = pipeline(sources + tape("hall") + tape("foyer"));
      server = await started(text);
      page = await opened(browser, complaints, asked);
      await page.goto(`${server.url}/operator`);
    } catch (error) {
      await close();
      throw error;
    }
  });

  after(close);

  it("lets whoever is at this machine look, and says why the buttons are off", async () => {
    await standing(page, "live");
    for (const button of ["#pause", "#clear", "#mark", "#end", "#mark-text"]) assert.ok(await page.isDisabled(button), button);
    assert.match(await page.textContent("#why-off"), /Looking only.*operator-token-env/);
    assert.equal(await page.isVisible("#forget"), false);
    await accessible(page, "looking only");
  });

  it("shows a stage that waits for its next life, and that one has come back, when they fail", async () => {
    await page.waitForSelector('#graph .stage[data-stage="mic"][data-state="running"][data-restarts="0"]');
    await page.waitForSelector('#graph .stage[data-stage="hall"][data-state="running"][data-restarts="0"]');
    await page.waitForFunction(() => document.querySelectorAll("#sources li").length === 3);
    for (const name of ["mic", "hall"]) process.kill(Number(readFileSync(join(folder, name), "utf8")), "SIGKILL");
    await page.waitForSelector('#graph .stage[data-stage="mic"][data-state="restarting"][data-restarts="1"]');
    await page.waitForSelector('#graph .stage[data-stage="hall"][data-state="running"][data-restarts="1"]');
    assert.equal(await page.textContent('[data-stage="hall"] .state'), "running, 1 restart");
    await tells(page, "#trouble", /mic restarting: /);
    await page.waitForFunction(() => /restarting/.test(document.getElementById("lines").textContent));
    // Of the one that is away nothing is heard any more, and that is said.
    await page.waitForFunction(() => document.querySelector("#sources li").textContent === "mic: no sound");
    assert.equal(await page.textContent('[data-stage="mic"] .pace'), "no sound");
  });

  it("says which failure has ended the pipeline", async () => {
    process.kill(Number(readFileSync(join(folder, "foyer"), "utf8")), "SIGKILL");
    await standing(page, "ended");
    await tells(page, "#trouble", /foyer failed: /);
  });

  it("gave the browser nothing to complain about", () => {
    assert.deepEqual(complaints, []);
    for (const url of asked) assert.equal(new URL(url).origin, server.url, url);
  });

  async function close() {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
    // Told rather than killed: its own children are to end with it.
    server?.process.kill("SIGINT");
    if (server) await within(server.exit, SOON_MS, () => "livecap did not stop");
  }
});

async function opened(browser, complaints, asked) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  page.setDefaultTimeout(SOON_MS);
  page.on("request", (it) => asked.push(it.url()));
  // That an answer was 401, or that none came, the browser tells by itself, and the tests ask for both.
  page.on("console", (it) => ["error", "warning"].includes(it.type()) && !/Failed to load resource/.test(it.text()) && complaints.push(it.text()));
  page.on("pageerror", (it) => complaints.push(String(it)));
  return page;
}

async function standing(page, wanted) {
  await page.waitForSelector(`html[data-standing="${wanted}"]`);
}

async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document));
  // It has looked at something.
  assert.ok(passes.length > 10, where);
  assert.deepEqual(violations.map((it) => `${where}: ${it.id}: ${it.nodes.map((node) => node.html).join(" ")}`), []);
}

/** A caption client that keeps what it hears: whatever is waited for may have come already, but each only once. */
async function watching(url) {
  const socket = io(url, { auth: { v: 1 }, transports: ["websocket"] });
  const heard = [];
  const waiting = [];
  socket.onAny((name, data) => {
    heard.push({ name, data });
    waiting.splice(0).forEach((wake) => wake());
  });
  let from = 0;
  const next = async (name, fits = () => true) => {
    for (;;) {
      const at = heard.findIndex((it, at) => at >= from && it.name === name && fits(it.data));
      if (at >= 0) {
        from = at + 1;
        return heard[at].data;
      }
      await within(new Promise((resolve) => waiting.push(resolve)), SOON_MS, () => `no ${name} came`);
    }
  };
  await next("hello");
  return { next, all: (name) => heard.filter((it) => it.name === name).map((it) => it.data), close: () => socket.close() };
}
