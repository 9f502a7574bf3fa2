// The page of the slide that tells an audience how to read the captions.
import { element } from "./dom.ts";
import { inDocument, showEvent } from "./event-page.ts";
import { fetchJoin, showSlide, type Joining } from "./join-slide.ts";
import { followKeys } from "./keys.ts";
import { COLOURS, JOIN, READER } from "./reader.ts";
import { read, withSetting } from "./settings.ts";
import { storedSettings } from "./stored-settings.ts";
import { onTexts, useTexts } from "./texts.ts";
import { followToken, takeToken } from "./token.ts";

/** The languages are known once the pipeline is ready; addresses change where the machine joins another network. */
const EVERY_MS = 10_000;

const page = document.documentElement;
const { values: settings, complaints } = read(JOIN, new URLSearchParams(location.search), storedSettings());
for (const complaint of complaints) console.warn(complaint);
const event = inDocument();
let token = takeToken();
let joining: Joining = { refused: false };
let shown = "";

useTexts(settings.ui);
showEvent(event);
dress();
show();
void ask();
window.setInterval(() => document.hidden || void ask(), EVERY_MS);
onTexts(() => show(true));
followToken((given) => {
  token = given;
  void ask();
});
followKeys(() => settings.keys, (wanted) => {
  if (wanted === "join" || wanted === "close") location.assign(withSetting(JOIN, new URL(`./${location.search}`, location.href), "share", "address"));
  else if (wanted === "colours") colours();
  else if (wanted === "full") void (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen()).catch(() => undefined);
  else return false;
  return true;
});

async function ask(): Promise<void> {
  joining = await fetchJoin(token);
  show();
}

/** Only where something is different: who reads it by ear, or selects the address, is not disturbed. */
function show(anew = false): void {
  const now = JSON.stringify([joining, token]);
  if (now === shown && !anew) return;
  shown = now;
  showSlide(element("slide"), event, joining, settings.share === "token" ? token : undefined);
}

function colours(): void {
  settings.colours = COLOURS[(COLOURS.indexOf(settings.colours) + 1) % COLOURS.length]!;
  history.replaceState(null, "", withSetting(READER, new URL(location.href), "colours", settings.colours));
  dress();
}

function dress(): void {
  Object.assign(page.dataset, { colours: settings.colours, font: settings.font });
}
