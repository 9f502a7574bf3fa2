// What the server tells speakers before they connect: its stages, and what each asks a browser for.

export interface Stage {
  /** As the handshake names it. */
  stage: string;
  /** For people. */
  name: string;
  codecs: string[];
  echo_cancellation: boolean;
  noise_suppression: boolean;
  auto_gain: boolean;
}

/** Empty where the server does not answer: then what it takes is found out by asking. */
export async function stages(): Promise<Stage[]> {
  try {
    const answer = await fetch("api/speak", { cache: "no-store" });
    const { stages } = (await answer.json()) as { stages?: unknown };
    return Array.isArray(stages) ? stages.filter(isStage) : [];
  } catch {
    return [];
  }
}

function isStage(it: unknown): it is Stage {
  const given = it as Partial<Stage> | null;
  const flags = [given?.echo_cancellation, given?.noise_suppression, given?.auto_gain];
  return typeof given?.stage === "string" && typeof given.name === "string" && Array.isArray(given.codecs) && flags.every((it) => typeof it === "boolean");
}

export type Choice = "auto" | "opus" | "pcm_s16le";

/** Of what the stage takes and the browser can: Opus, unless something else is chosen. Undefined: none. */
export function codecFor(choice: Choice, taken: readonly string[], canOpus: boolean): "opus" | "pcm_s16le" | undefined {
  const order = choice === "pcm_s16le" ? (["pcm_s16le", "opus"] as const) : (["opus", "pcm_s16le"] as const);
  return order.find((it) => (it === "pcm_s16le" || canOpus) && (taken.length === 0 || taken.includes(it)));
}
