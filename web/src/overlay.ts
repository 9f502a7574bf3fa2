// The overlay for OBS and projectors: the last lines of what is being said, and nothing else. All settings are in its address.
import { Connection } from "./connection.ts";
import { eventPage } from "./event-page.ts";
import { followLifecycle } from "./lifecycle.ts";
import { OverlayView } from "./overlay-view.ts";
import { followBuilder, isPreview } from "./preview.ts";
import { read } from "./settings.ts";
import { OVERLAY } from "./streamer.ts";
import { onTexts, useTexts } from "./texts.ts";
import { followToken, takeToken } from "./token.ts";

if (isPreview()) followBuilder();
else showCaptions();

function showCaptions(): void {
  const { values: settings, complaints } = read(OVERLAY, new URLSearchParams(location.search));
  for (const complaint of complaints) console.warn(complaint);
  useTexts(settings.ui);
  const view = new OverlayView(settings);
  const { store, choice } = view;
  const connection = new Connection(
    store,
    {
      status: (to) => view.connectionIs(to),
      hello: (it) => {
        // OBS names the source after it.
        const { title } = eventPage(it.page);
        if (title !== undefined) document.title = title;
        if (view.hello(it)) connection.subscribe({ lang: choice.lang, tracks: choice.tracks });
      },
      changed: (caption, live) => view.changed(caption !== undefined, live),
      state: (it) => view.state(it),
    },
    // What was said before the overlay was opened is not shown.
    { lang: choice.lang, tracks: choice.tracks, token: takeToken(), past: false },
  );
  followLifecycle(connection);
  followToken((token) => connection.subscribe({ token }));
  onTexts(view.repaint);
}
