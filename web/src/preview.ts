// The overlay inside of its builder: the same page, which gets its settings and its captions from the builder and not from the server.
import { OverlayView } from "./overlay-view.ts";
import { read } from "./settings.ts";
import { OVERLAY } from "./streamer.ts";
import { onTexts, useTexts } from "./texts.ts";
import type { Caption, Gap, Hello } from "./wire.ts";

/** At the end of the address of an overlay in the builder. */
export const PREVIEW = "#preview";

export type SampleEvent = ["hello", Hello] | ["caption", Caption] | ["gap", Gap] | ["clear"];

/** What the builder says. */
export interface Told {
  /** Of the overlay's address: begin anew with these settings. */
  query?: string;
  /** All that is shown, where it begins anew; what was just said otherwise. */
  events: SampleEvent[];
  /** The captions hold still, so that no silence may clear them. */
  still: boolean;
}

/** What the overlay says, once. */
export const READY = "the overlay is ready";

/** Only in a frame, so that an overlay in OBS listens to nobody. */
export function isPreview(): boolean {
  return location.hash === PREVIEW && window.parent !== window;
}

export function followBuilder(): void {
  let view: OverlayView | undefined;
  window.addEventListener("message", ({ source, origin, data }: MessageEvent<Told>) => {
    // Another site may frame the overlay too, and must not write into it.
    if (source !== window.parent || origin !== location.origin) return;
    const { query, events, still } = data;
    if (query !== undefined) {
      view?.stop();
      const { values } = read(OVERLAY, new URLSearchParams(query));
      useTexts(values.ui);
      view = new OverlayView(still ? { ...values, clear: 0 } : values);
      view.connectionIs("live");
    }
    for (const it of events) if (view) take(view, it, query === undefined);
  });
  onTexts(() => view?.repaint());
  window.parent.postMessage(READY, location.origin);
}

function take(view: OverlayView, it: SampleEvent, live: boolean): void {
  const { store } = view;
  if (it[0] === "hello") store.hello(it[1]), view.hello(it[1]);
  if (it[0] === "caption") store.caption(it[1]);
  if (it[0] === "gap") store.gap(it[1]);
  if (it[0] === "clear") store.clear();
  view.changed(it[0] === "caption", live);
}
