// axe-core's verdict on a page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The page as it is now violates no rule. `where`: for the message. */
export async function isAccessible(page, where) {
  // The script is put into the page by the browser's own tools, past the policy that keeps other scripts out.
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run());
  assert.ok(passes.length > 10, `${where}: axe has checked something`);
  const complaints = violations.map(({ id, nodes }) => `${id}: ${nodes.map((it) => `${it.html} ${it.any.concat(it.all).map((check) => check.message).join("; ")}`).join("\n")}`);
  assert.deepEqual(complaints, [], where);
}
