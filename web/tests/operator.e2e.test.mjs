// The operator's page in a real browser against the real binary: what it shows, what its buttons do, who may.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { isAccessible } from "./support/accessibility.mjs";
import { DESKTOP, PHONE, hasStatus, launch, open, skip, tells } from "./support/browser.mjs";
import { shared } from "./support/cleanup.mjs";
import { running, stop, temporaryFolder } from "./support/livecap.mjs";
import { RECORDING, follow, pipeline } from "./support/operator.mjs";

// A `+`, which a form would read as a space, stays a `+`.
const SECRET = "a+secret-of-operators";
const HEAVIEST = 150_000;

describe("the operator's page", { skip }, () => {
  let server, browser, page, viewer;
  const pages = [];

  shared(async (t) => {
    browser = await launch();
    t.after(() => browser.close());
    server = await running(t, pipeline(RECORDING, { token: true }), { OPERATOR: SECRET });
    page = await opened(t);
    t.after(() => viewer?.close());
  });

  async function opened(t) {
    pages.push(await open(t, browser));
    return pages.at(-1);
  }

  it("asks for the token, refuses a wrong one aloud, and opens for the right one", async () => {
    await page.goto(`${server.url}/operator?points=5`);
    await hasStatus(page, "locked");
    assert.equal(await page.isVisible("#inside"), false);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "token");
    await isAccessible(page, "the sign-in");
    await page.fill("#token", "not-the-secret");
    await page.keyboard.press("Enter");
    await hasStatus(page, "refused");
    await tells(page, "#trouble", /token was refused/);
    await page.fill("#token", SECRET);
    await page.keyboard.press("Enter");
    await hasStatus(page, "live");
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

  it("shows numbers that change during speech", async () => {
    await page.click("#edges-details summary");
    await page.click("#stages-details summary");
    const taken = () => page.textContent("#edges tr:nth-child(1) td:nth-of-type(6)");
    const first = await taken();
    await page.waitForFunction((old) => document.querySelector("#edges tr:nth-child(1) td:nth-of-type(6)").textContent !== old, first);
    await page.waitForFunction(() => /\d\/s/.test(document.querySelector('[data-stage="english"] .rate').textContent));
    await page.waitForFunction(() => /ms|s$/.test(document.getElementById("lag").textContent));
    await page.waitForFunction(() => document.getElementById("level").value > -50);
    assert.match(await page.textContent("#level-text"), /dB/);
    await page.waitForFunction(() => document.querySelectorAll("#latency tr").length >= 4);
    const rows = await page.locator("#latency th").allTextContents();
    for (const stage of ["resampled", "recognised", "published", "all"]) assert.ok(rows.includes(`${stage}, english`), rows.join());
  });

  it("counts the viewers", async () => {
    viewer = await follow(server.url);
    await page.waitForFunction(() => document.getElementById("viewers").textContent === "1");
  });

  it("shows what the program logs", async () => {
    await page.waitForFunction(() => /ready in/.test(document.getElementById("lines").textContent));
    assert.ok(!(await page.textContent("#lines")).includes(SECRET));
  });

  it("keeps so many points in its plots and no more", async () => {
    await page.waitForFunction(() => Number(document.documentElement.dataset.polls) > 8);
    for (const plot of ["#lag-plot", "#stage-plot"]) {
      assert.equal(await page.getAttribute(plot, "data-points"), "5");
      assert.ok((await page.locator(`${plot} canvas`).count()) === 1);
    }
  });

  it("passes axe-core, light and dark, wide and narrow", async () => {
    for (const colorScheme of ["light", "dark"]) {
      for (const viewport of [{ width: 1440, height: 900 }, PHONE]) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize(viewport);
        await isAccessible(page, `${colorScheme} ${viewport.width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${viewport.width}: ${wide} px are beside the screen`);
      }
    }
    await page.setViewportSize(DESKTOP);
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
    await hasStatus(page, "paused");
    assert.equal(await page.textContent("#pause"), "Resume");
    await tells(page, "#trouble", /nothing that is said now/);
    // The microphone still shows that it works.
    await page.waitForFunction(() => document.getElementById("level").value > -50);
    await page.waitForFunction(() => /paused by an operator/.test(document.getElementById("lines").textContent));
    await page.click("#pause");
    const gap = await viewer.next("gap", (it) => it.why === "paused");
    await hasStatus(page, "live");
    await viewer.next("caption", (it) => it.start >= gap.end && it.kind === "final");
    const within = viewer.all("caption").filter((it) => gap.start + 0.05 < it.end && it.start < gap.end - 0.05);
    assert.deepEqual(within, []);
  });

  it("says that the server does not answer, polls on, and recovers by itself", async () => {
    await page.context().setOffline(true);
    await hasStatus(page, "gone");
    await tells(page, "#trouble", /does not answer/);
    assert.ok(await page.isDisabled("#pause"));
    await page.context().setOffline(false);
    await hasStatus(page, "live");
    assert.ok(await page.isEnabled("#pause"));
  });

  it("ends the pipeline only after a confirmation, by keyboard alone", async () => {
    await page.focus("#end");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "end-not");
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("#sure"), false);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "end");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "end-now");
    await isAccessible(page, "asked once more");
    await page.keyboard.press("Enter");
    await viewer.next("end");
    await hasStatus(page, "ended");
    await tells(page, "#trouble", /pipeline has ended/);
    assert.ok((await page.isDisabled("#pause")) && (await page.isDisabled("#end")) && (await page.isEnabled("#mark")));
    await page.waitForSelector('#graph .stage[data-stage="mic"][data-state="ended"]');
  });

  it("takes the token from the fragment, keeps it out of the address, and forgets it when told to", async (t) => {
    const second = await opened(t);
    await second.goto(`${server.url}/operator#token=${SECRET}`);
    await hasStatus(second, "ended");
    assert.equal(second.url(), `${server.url}/operator`);
    await second.reload();
    await hasStatus(second, "ended");
    await second.click("#forget");
    await hasStatus(second, "locked");
    assert.deepEqual(await second.context().cookies(), []);
    // Pasted into a tab that is open.
    await second.evaluate(() => (location.hash = "token=caf%C3%A9"));
    await second.waitForFunction(() => /signs of ASCII/.test(document.getElementById("sign-in-why").textContent));
    assert.equal(second.url(), `${server.url}/operator`);
    await second.evaluate((secret) => (location.hash = `token=${secret}`), SECRET);
    await hasStatus(second, "ended");
    assert.equal(second.url(), `${server.url}/operator`);
  });

  it("takes a token where the browser keeps nothing, and goes on after an exception", async (t) => {
    const second = await opened(t);
    await second.addInitScript(() => Object.defineProperty(window, "sessionStorage", { get: () => { throw new Error("blocked"); } }));
    await second.goto(`${server.url}/operator`);
    await hasStatus(second, "locked");
    await second.fill("#token", SECRET);
    await second.keyboard.press("Enter");
    await hasStatus(second, "ended");
    // An answer of another shape than the page was written for.
    await second.route("**/api/state", async (route) => route.fulfill({ json: { ...(await (await route.fetch()).json()), levels: null } }));
    await hasStatus(second, "broken");
    await tells(second, "#trouble", /TypeError/);
    await second.unrouteAll({ behavior: "wait" });
    await hasStatus(second, "ended");
  });

  it("requests nothing from other origins, has the token in no address, is small, and cannot be framed", async () => {
    const requests = pages.flatMap((it) => it.requests);
    for (const url of requests) {
      assert.equal(new URL(url).origin, server.url, url);
      assert.ok(!url.includes(SECRET), url);
    }
    let bytes = 0;
    for (const path of ["/operator", "/operator.js", "/operator.css", "/icon.svg"]) {
      assert.ok(requests.some((url) => new URL(url).pathname === path), path);
      const answer = await fetch(server.url + path);
      bytes += gzipSync(Buffer.from(await answer.arrayBuffer())).length;
      const policy = answer.headers.get("content-security-policy");
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
      if (path !== "/operator") continue;
      assert.match(policy, /frame-ancestors 'none'/);
      // The headers of a 304 replace those that the browser keeps.
      const again = await fetch(server.url + path, { headers: { "if-none-match": answer.headers.get("etag") } });
      assert.equal(again.status, 304);
      assert.match(again.headers.get("content-security-policy"), /frame-ancestors 'none'/);
    }
    console.log(`the page weighs ${bytes} bytes compressed`);
    assert.ok(bytes <= HEAVIEST, `${bytes}`);
  });

  it("says that the server is gone when it is", async () => {
    await stop(server);
    await hasStatus(page, "gone");
    assert.equal(await page.textContent("#status"), "server gone");
  });

  it("caused no warning or error in the browser", () => {
    assert.deepEqual(pages.flatMap(complaints), []);
  });
});

// A program that plays a tone and writes its process id into a file, so that the test can kill it.
const HUM = `
const [file] = process.argv.slice(1);
require("fs").writeFileSync(file, String(process.pid));
const frame = Buffer.alloc(640);
for (let at = 0; at < 320; at++) frame.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 400 * at) / 16000)), at * 2);
process.stdout.on("error", () => process.exit());
setInterval(() => process.stdout.write(frame), 20);
`;

describe("the operator's page without a token", { skip }, () => {
  let server, page, folder;

  shared(async (t) => {
    const browser = await launch();
    t.after(() => browser.close());
    folder = temporaryFolder(t);
    const file = (name) => JSON.stringify(join(folder, name));
    const hum = (name, restart) =>
      `[command.${name}]\ncommand = [${JSON.stringify(process.execPath)}, "-e", ${JSON.stringify(HUM)}, ${file(name)}]\nrate = 16000\n` +
      `restart = { ${restart} }\n`;
    const recorder = (name) => `[record.${name}-recorder]\nfrom = "${name}"\npath = "${name}.wav"\n`;
    const sources = hum("mic", 'wait = "10m"') + hum("hall", 'wait = "1ms"') + hum("foyer", "limit = 0");
    server = await running(t, pipeline(sources + recorder("hall") + recorder("foyer")));
    // Stopped rather than killed, so that its own children end with it.
    t.after(() => stop(server));
    page = await open(t, browser, `${server.url}/operator`);
  });

  it("shows its state to a visitor from this machine, and says why the buttons are off", async () => {
    await hasStatus(page, "live");
    for (const button of ["#pause", "#clear", "#mark", "#end", "#mark-text"]) assert.ok(await page.isDisabled(button), button);
    assert.match(await page.textContent("#why-off"), /Looking only.*operator-token-env/);
    assert.equal(await page.isVisible("#forget"), false);
    await isAccessible(page, "looking only");
  });

  it("shows a failed stage that waits for its restart, and one that was restarted", async () => {
    await page.waitForSelector('#graph .stage[data-stage="mic"][data-state="running"][data-restarts="0"]');
    await page.waitForSelector('#graph .stage[data-stage="hall"][data-state="running"][data-restarts="0"]');
    await page.waitForFunction(() => document.querySelectorAll("#sources li").length === 3);
    for (const name of ["mic", "hall"]) process.kill(Number(readFileSync(join(folder, name), "utf8")), "SIGKILL");
    await page.waitForSelector('#graph .stage[data-stage="mic"][data-state="restarting"][data-restarts="1"]');
    await page.waitForSelector('#graph .stage[data-stage="hall"][data-state="running"][data-restarts="1"]');
    assert.equal(await page.textContent('[data-stage="hall"] .state'), "running, 1 restart");
    await tells(page, "#trouble", /mic restarting: /);
    await page.waitForFunction(() => /restarting/.test(document.getElementById("lines").textContent));
    // The source that is gone has no level any more.
    await page.waitForFunction(() => document.querySelector("#sources li").textContent === "mic: no sound");
    assert.equal(await page.textContent('[data-stage="mic"] .rate'), "no sound");
  });

  it("says which failure has ended the pipeline", async () => {
    process.kill(Number(readFileSync(join(folder, "foyer"), "utf8")), "SIGKILL");
    await hasStatus(page, "ended");
    await tells(page, "#trouble", /foyer failed: /);
  });

  it("caused no warning or error in the browser", () => {
    assert.deepEqual(complaints(page), []);
    for (const url of page.requests) assert.equal(new URL(url).origin, server.url, url);
  });
});

/** Without the browser's own reports of failed requests: the tests cause refusals and lost connections. */
function complaints(page) {
  return page.complaints.filter((it) => !/Failed to load resource/.test(it));
}
