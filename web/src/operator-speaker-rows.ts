// What the table of speakers says: one row for each place that somebody has, and for each link that nobody uses.
import { duration } from "./operator-format.ts";

/** `api/speakers`, as in docs/protocol.md. */
export interface SpeakersNow {
  places: Place[];
  links: SpeakerLink[];
}

interface Place {
  stage: string;
  slot: number;
  track: string | null;
  waiting_ms: number;
  dropped_ms: number;
  speaker: Speaker | null;
}

interface Speaker {
  name: string;
  link: number | null;
  connected: boolean;
  muted: boolean;
  codec: string;
  rate: number;
  peak_db: number | null;
  clipped: number;
}

export interface SpeakerLink {
  id: number;
  stage: string;
  name: string;
}

export interface Row {
  /** Of the link by which the speaker came, if any. */
  link: SpeakerLink | undefined;
  isThere: boolean;
  cells: string[];
}

export function isSpeakers(it: unknown): it is SpeakersNow {
  const given = it as Partial<SpeakersNow> | null;
  return Array.isArray(given?.places) && Array.isArray(given.links);
}

/** `waiting`: the tracks that wait for a recogniser. */
export function speakerRows({ places, links }: SpeakersNow, waiting: ReadonlySet<string>): Row[] {
  const taken = places.filter((it) => it.speaker !== null);
  const used = new Set(taken.map((it) => it.speaker!.link));
  const many = new Map<string, number>();
  for (const it of places) many.set(it.stage, (many.get(it.stage) ?? 0) + 1);
  const there = taken.map((place): Row => {
    const speaker = place.speaker!;
    const where = (many.get(place.stage) ?? 0) > 1 ? `${place.stage} ${place.slot}` : place.stage;
    const isWaiting = place.track !== null && waiting.has(place.track);
    return {
      link: links.find((it) => it.id === speaker.link),
      isThere: speaker.connected,
      cells: [where, speaker.name, state(speaker, isWaiting), level(speaker), duration(place.waiting_ms), duration(place.dropped_ms), codec(speaker)],
    };
  });
  const unused = links.filter((it) => !used.has(it.id));
  return [...there, ...unused.map((it): Row => ({ link: it, isThere: false, cells: [it.stage, it.name, "not here", "–", "–", "–", "–"] }))];
}

function state({ connected, muted }: Speaker, isWaiting: boolean): string {
  if (!connected) return "connection lost";
  return muted ? "muted" : isWaiting ? "waits for a recogniser" : "speaking";
}

function level({ peak_db, clipped, muted, connected }: Speaker): string {
  if (peak_db === null || muted || !connected) return "–";
  return `${Math.round(peak_db)} dB${clipped > 0 ? ", clipped" : ""}`.replace("-", "−");
}

function codec({ codec, rate }: Speaker): string {
  return codec === "opus" ? "Opus" : `PCM, ${rate / 1000} kHz`;
}

/** How many may speak where, by the names of the stages. */
export function stagesOf({ places }: SpeakersNow): string[] {
  return [...new Set(places.map((it) => it.stage))];
}
