// Takes down what a suite or a script has set up. Helpers register with `after`, as with the `t` of a single test.
import { after, before } from "node:test";

/** Runs `body` with a `t` of its own and cleans up after it, last things first. */
export async function withCleanup(body) {
  const { t, clean } = cleanup();
  try {
    await body(t);
  } finally {
    await clean();
  }
}

/** Sets up what the tests of a suite share. `t` lasts until the suite is over. */
export function shared(setUp) {
  const { t, clean } = cleanup();
  before(async () => {
    try {
      await setUp(t);
    } catch (error) {
      // Where `before` fails Node.js 18 leaves `after` out, and a browser left open would keep the process running.
      await clean();
      throw error;
    }
  });
  after(clean);
}

function cleanup() {
  const steps = [];
  const clean = async () => {
    while (steps.length > 0) await steps.pop()();
  };
  return { t: { after: (step) => steps.push(step) }, clean };
}
