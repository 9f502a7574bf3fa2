// What a page knows of its server: how the connection is, which tracks there are, and what the pipeline reported last.
import { unread } from "./languages.ts";
import { among } from "./rows.ts";
import { why, type Message, type Status } from "./why.ts";
import type { State, Track } from "./wire.ts";

export class ServerStatus {
  connection: Status = "connecting";
  /** Unknown before the first `hello`. */
  tracks: readonly Track[] | undefined;
  state: State | undefined;
  #ended = false;

  connectionIs(status: Status): void {
    if (status === "live") this.#ended = false;
    if (status === "ended") this.#ended = true;
    // A server that goes away after its pipeline has ended leaves nothing to wait for.
    this.connection = this.#ended && status !== "unauthorized" ? "ended" : status;
  }

  report(state: State): void {
    this.state = state;
  }

  /** Why a reader who wants these tracks in this language sees nothing, or what is wrong. */
  message(tracks: readonly string[], lang: string | undefined): Message {
    const offered = this.tracks ?? [];
    return why({
      status: this.connection,
      tracks: this.tracks?.length,
      missing: among(offered, tracks).missing,
      unread: unread(lang, offered),
      translated: lang !== undefined && offered.some((it) => it.langs.includes(lang)),
      state: this.state,
    });
  }
}
