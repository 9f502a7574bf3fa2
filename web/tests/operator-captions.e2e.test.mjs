// Operators correct captions in a real browser: by mouse, by keyboard alone, two at once; a reader sees it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isAccessible } from "./support/accessibility.mjs";
import { PHONE, hasStatus, isLive, shows, skip, tells, useBrowser } from "./support/browser.mjs";
import { final } from "./support/events.mjs";
import { captioning, running } from "./support/livecap.mjs";
import { RECORDING, pipeline } from "./support/operator.mjs";

const SECRET = "a-secret-of-operators";

describe("an operator", { skip }, () => {
  const { open } = useBrowser();

  async function operated(t, ...texts) {
    const server = await captioning(t, { broadcast: 'operator-token-env = "OPERATOR"', env: { OPERATOR: SECRET } });
    const operator = async (options) => {
      const page = await open(t, `${server.url}/operator#token=${SECRET}`, options);
      await hasStatus(page, "live");
      return page;
    };
    const reader = await open(t, server.url);
    await isLive(reader);
    await server.say(...texts.map((it) => final(it)));
    await shows(reader, texts.at(-1));
    return { server, operator, reader };
  }

  const word = (page, it) => page.locator("#editable .word", { hasText: it });

  it("clicks a word, types another one, and readers see it; and takes it back", async (t) => {
    const { operator, reader } = await operated(t, "Good morning.", "Please ask Morgan about it.");
    const page = await operator();
    await page.fill("#editor-name", "Ada");
    await word(page, "Morgan").click();
    assert.equal(await page.evaluate(() => document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)), "Morgan");
    await isAccessible(page, "a caption that is edited");
    await page.keyboard.type("Morgen");
    await page.keyboard.press("Enter");
    await shows(reader, "Please ask Morgen about it.");
    assert.match(await reader.getAttribute(".corrected", "title"), /Corrected by Ada/);
    await tells(page, "#editing-done", /Corrected: Please ask Morgen about it\./);
    await page.waitForFunction(() => document.activeElement.matches("#editable .word"));
    await isAccessible(page, "a corrected caption");
    await page.keyboard.press("Control+z");
    await shows(reader, "Please ask Morgan about it.");
    await tells(page, "#editing-done", /Taken back/);
    assert.equal(await page.isDisabled("#undo"), true);
    // The name is kept in the browser.
    await page.reload();
    await hasStatus(page, "live");
    assert.equal(await page.inputValue("#editor-name"), "Ada");
  });

  it("needs no mouse, and leaves with Escape what was not meant", async (t) => {
    const { operator, reader } = await operated(t, "First caption.", "Second caption.");
    const page = await operator({ viewport: PHONE });
    await word(page, "Second").waitFor();
    await page.focus("#editor-name");
    for (;;) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement.textContent === "Second")) break;
    }
    await page.keyboard.press("Enter");
    await page.keyboard.type("Nobody sees this");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Second");
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.type(" And more.");
    await page.keyboard.press("Enter");
    await shows(reader, "Second caption. And more.");
    assert.ok(!(await reader.textContent("#captions")).includes("Nobody sees this"));
  });

  it("is told in plain words when another one was faster, and keeps what was typed", async (t) => {
    const { operator, reader } = await operated(t, "Please ask Morgan.");
    const [one, two] = [await operator(), await operator()];
    for (const page of [one, two]) await word(page, "Morgan").click();
    await one.keyboard.type("Morgen.");
    await two.keyboard.type("Mrs Morgan.");
    await one.keyboard.press("Enter");
    await shows(reader, "Please ask Morgen.");
    await two.keyboard.press("Enter");
    await tells(two, "#editing-done", /Somebody else changed this caption meanwhile\. It says now: “Please ask Morgen\.”/);
    assert.equal(await two.evaluate(() => document.activeElement.value), "Please ask Mrs Morgan.");
    await two.keyboard.press("Enter");
    await shows(reader, "Please ask Mrs Morgan.");
    // The first one cannot take back what is no longer there.
    await one.click("#undo");
    await tells(one, "#editing-done", /It was not taken back: somebody else changed this caption since/);
  });

  it("always has it written so, where a replace stage can, and is told why not elsewhere", async (t) => {
    const file = `[lines.english]\npath = "-"\n\n[replace.names]\nfrom = "english"\nwords = { "life cap" = "livecap" }\n\n[broadcast.web]\nfrom = "names"\nlisten = "127.0.0.1:0"\noperator-token-env = "OPERATOR"\n`;
    const server = await running(t, file, { OPERATOR: SECRET });
    const page = await open(t, `${server.url}/operator#token=${SECRET}`);
    await hasStatus(page, "live");
    await server.say(final("Please ask Morgan."));
    await word(page, "Morgan").click();
    await page.keyboard.type("Morgen.");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await isAccessible(page, "always");
    await page.keyboard.press("Enter");
    await tells(page, "#paste", /\[replace\.names\.words\]\n"Morgan" = "Morgen"/);
    await tells(page, "#editing-done", /From now on names writes “Morgen” for “Morgan”/);
    await server.say(final("Morgan is here."));
    await page.locator("#editable .words", { hasText: "Morgenishere." }).waitFor();
    await isAccessible(page, "a rule to paste");

    const { operator } = await operated(t, "Please ask Morgan.");
    const other = await operator();
    await word(other, "Morgan").click();
    assert.equal(await other.isDisabled('#editable input[type="checkbox"]'), true);
    await tells(other, "#always-why", /no replace stage for english/);
  });

  it("changes the words that the recogniser expects, while it runs", async (t) => {
    const server = await running(t, pipeline(RECORDING, { token: true }), { OPERATOR: SECRET });
    const page = await open(t, `${server.url}/operator#token=${SECRET}`);
    await hasStatus(page, "live");
    await page.fill("#vocabulary-text", "Amsterdam, Rotterdam");
    await page.click('#vocabulary button[type="submit"]');
    await tells(page, "#vocabulary-done", /expects these words from its next decode on/);
    await isAccessible(page, "the vocabulary");
    await page.reload();
    await page.waitForFunction(() => document.getElementById("vocabulary-text").value === "Amsterdam, Rotterdam");
  });

  it("masks a word that readers have seen, by keyboard or in the field, and nobody who comes later finds it", async (t) => {
    const { server, operator, reader } = await operated(t, "This damn thing works.", "Please ask Mr Morgan.");
    assert.match(await reader.textContent("#spoken"), /damn/);
    const page = await operator();
    await word(page, "This").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("m");
    await shows(reader, "This *** thing works.");
    await tells(page, "#editing-done", /Masked: This \*\*\* thing works\./);
    await word(page, "***").waitFor();
    await isAccessible(page, "a masked caption");
    await word(page, "Morgan").click();
    await page.locator("#editable form button", { hasText: "Mask" }).click();
    await shows(reader, "Please ask Mr ***");
    const late = await open(t, server.url);
    await shows(late, "Please ask Mr ***");
    for (const seen of [await reader.content(), await late.content(), await (await fetch(`${server.url}/api/transcript.json`)).text()]) {
      assert.ok(!/damn|Morgan/u.test(seen), seen);
    }
    // A mask that was a mistake is taken back by who made it.
    await page.locator("#undo").click();
    await shows(late, "Please ask Mr Morgan.");
  });

  it("goes to the archive where there is one", async (t) => {
    const file = (journal) => `[lines.english]\npath = "-"\n\n[broadcast.web]\nfrom = "english"\nlisten = "127.0.0.1:0"\noperator-token-env = "OPERATOR"\n${journal}`;
    const server = await running(t, file('[journal.book]\nfrom = "web"\npath = "book.db"\n'), { OPERATOR: SECRET });
    const page = await open(t, `${server.url}/operator#token=${SECRET}`);
    await hasStatus(page, "live");
    await server.say(final("Good morning."));
    await page.click("#to-archive");
    await page.waitForSelector(".events a");
    const without = await running(t, file(""), { OPERATOR: SECRET });
    const other = await open(t, `${without.url}/operator#token=${SECRET}`);
    await hasStatus(other, "live");
    assert.equal(await other.isVisible("#to-archive"), false);
  });

  it("masks a word by keyboard and edits a sentence before readers see either", async (t) => {
    const broadcast = 'operator-token-env = "OPERATOR"\nhold-back = "8s"';
    const server = await captioning(t, { broadcast, env: { OPERATOR: SECRET } });
    const reader = await open(t, server.url);
    await isLive(reader);
    const page = await open(t, `${server.url}/operator#token=${SECRET}`);
    await hasStatus(page, "live");
    await server.say(final("This damn thing works."), final("Please ask Morgan."));
    await page.locator("#held .word", { hasText: "damn" }).waitFor();
    await isAccessible(page, "captions that are held back");
    await page.locator("#held .word", { hasText: "This" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("m");
    await page.locator("#held .word", { hasText: "***" }).waitFor();
    await tells(page, "#holding-done", /The word is masked/);
    await page.locator("#held .word", { hasText: "Morgan" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.press("Backspace");
    await page.keyboard.type(", not me.");
    await page.keyboard.press("Enter");
    await tells(page, "#holding-done", /Changed before anybody saw it/);
    assert.equal((await reader.textContent("#captions")).trim(), "", "readers wait");
    await shows(reader, "Please ask Morgan, not me.");
    assert.match(await reader.textContent("#captions"), /This \*\*\* thing works\./);
    assert.equal(await reader.locator(".corrected").count(), 0, "nobody saw another text");
  });
});
