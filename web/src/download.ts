// The transcript as a file, in the language that is read.
import { fetchOk } from "./http.ts";

export const FORMATS = ["txt", "docx", "srt", "vtt", "ttml", "json"] as const;
/** In a file's name, in letters. */
const LONGEST_TITLE = 60;
export type Format = (typeof FORMATS)[number];

/** The path on the server and the name of the file. Without a language: the originals; without a track or a speaker: all of them. `title`: of the event. */
export function transcript(format: Format, lang: string | undefined, track: string | undefined, title = "captions", speaker?: string): { path: string; name: string } {
  const query = new URLSearchParams();
  if (lang !== undefined) query.set("lang", lang);
  if (track !== undefined) query.set("track", track);
  if (speaker !== undefined) query.set("speaker", speaker);
  const asked = query.toString();
  const parts = [title.slice(0, LONGEST_TITLE), track, speaker, lang].filter((it) => it !== undefined).map((it) => it.replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "")).filter((it) => it !== "");
  return { path: `api/transcript.${format}${asked === "" ? "" : `?${asked}`}`, name: `${parts.join("-")}.${format}` };
}

/** A link cannot send the token, so the page fetches the file and offers it as a download. */
export async function save(path: string, name: string, token: string): Promise<void> {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await (await fetchOk(path, token)).blob());
  link.download = name;
  link.click();
  // By the next task the download has begun and no longer needs the URL.
  window.setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
