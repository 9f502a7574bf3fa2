// What the archive's API gives, and how it is asked.
import { request } from "./http.ts";

export interface KeptEvent {
  id: number;
  title: string;
  started_at: number;
  seconds: number;
  languages: string[];
  speakers: string[];
  /** Only where one event is asked for. */
  sounds?: Sound[];
}

export interface Sound {
  /** Seconds on the timeline of the event at which its first sample is. */
  start: number;
  tracks: string[];
  path: string | null;
}

export interface Passage {
  kind: "caption" | "translation" | "gap" | "mark";
  seq: number;
  start: number;
  end: number;
  track?: string;
  lang?: string;
  speaker?: string;
  text: string;
  words?: { word: string; start: number; end: number }[];
}

export interface Passages {
  passages: Passage[];
  previous: string | null;
  next: string | null;
}

export interface Hit {
  event: number;
  title: string;
  seq: number;
  at: number;
  start: number;
  lang: string | null;
  speaker: string | null;
  parts: { text: string; hit: boolean }[];
}

/** The server does not know the token, or asks for one. */
export class Unauthorized extends Error {}

/** `values` that are undefined or empty are left out. */
export async function ask<T>(path: string, values: Record<string, string | number | undefined>, token: string | undefined): Promise<T> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== "") query.set(name, String(value));
  const answer = await request(`api/archive${path}?${query}`, token);
  if (answer.status === 401) throw new Unauthorized();
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error((body as { error?: string }).error ?? answer.statusText);
  return body as T;
}
