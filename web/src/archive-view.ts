// Elements of the archive's page: events, hits and passages. What was said is text, and never markup.
import { clock, writePlace, type Place } from "./archive-place.ts";
import type { Hit, KeptEvent, Passage } from "./archive-wire.ts";
import { setLanguage } from "./direction.ts";
import { text } from "./dom.ts";
import { gapText } from "./gap-texts.ts";
import { locale, t, textLanguage } from "./texts.ts";

/** What a click does. The address stands in the link, so that it opens in another tab, too. */
export type Go = (place: Place) => void;

export function eventItem(event: KeptEvent, go: Go): HTMLElement {
  const item = document.createElement("li");
  item.append(link(event.title || t("archive.untitled"), { event: event.id }, go), text("p", facts(event), "facts"));
  return item;
}

export function facts(event: KeptEvent): string {
  const began = new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short" }).format(event.started_at);
  return [began, clock(event.seconds), event.languages.join(", "), event.speakers.slice(0, 5).join(", ")].filter((it) => it !== "").join(" · ");
}

export function hitItem(hit: Hit, go: Go): HTMLElement {
  const item = document.createElement("li");
  const said = document.createElement("p");
  said.className = "facts";
  if (hit.lang) setLanguage(said, hit.lang);
  if (hit.speaker) said.append(text("b", `${hit.speaker}: `));
  said.append(...hit.parts.map((it) => (it.hit ? text("mark", it.text) : it.text)));
  item.append(link(`${hit.title || t("archive.untitled")}, ${clock(hit.start)}`, { event: hit.event, moment: hit.start }, go), said);
  return item;
}

function link(words: string, place: Place, go: Go): HTMLAnchorElement {
  const it = text("a", words);
  it.href = `archive${writePlace(place)}`;
  it.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(place);
  });
  return it;
}

/** Its words and its time play the sound from there; on its time, arrow keys choose a word. */
export function passageItem(passage: Passage, before: Passage | undefined, play: (passage: Passage, moment: number) => void): HTMLElement {
  const item = document.createElement("div");
  item.className = "passage";
  item.dataset.start = String(passage.start);
  const time = text("button", clock(passage.start), "time");
  time.type = "button";
  time.setAttribute("aria-label", t("archive.play", { time: clock(passage.start) }));
  const said = document.createElement("div");
  item.append(time, said);
  if (passage.kind === "gap" || passage.kind === "mark") {
    const gap = passage.kind === "gap" ? gapText(passage.text, passage.end - passage.start, [textLanguage()]).text : passage.text;
    said.append(text("span", gap, "aside"));
    time.addEventListener("click", () => play(passage, passage.start));
    return item;
  }
  if (passage.lang) setLanguage(said, passage.lang);
  if (passage.speaker && passage.speaker !== before?.speaker) said.append(text("span", `${passage.speaker}: `, "who"));
  const all = spoken(passage);
  for (const { words, moment } of all) {
    const word = text("span", words.trim(), "word");
    word.dataset.at = String(moment);
    word.addEventListener("click", () => play(passage, moment));
    said.append(/^\s*/u.exec(words)![0], word);
  }
  chooseByKeys(time, [...said.querySelectorAll<HTMLElement>(".word")]);
  time.addEventListener("click", () => {
    const chosen = said.querySelector<HTMLElement>(".word.chosen");
    play(passage, chosen ? Number(chosen.dataset.at) : passage.start);
  });
  return item;
}

/**
 * The words stay text, which a screen reader reads as a whole: the button of the time has the focus, and its name says which word is
 * chosen.
 */
function chooseByKeys(time: HTMLButtonElement, words: HTMLElement[]): void {
  const label = time.getAttribute("aria-label") ?? "";
  let chosen = -1;
  const choose = (at: number): void => {
    words[chosen]?.classList.remove("chosen");
    chosen = Math.max(-1, Math.min(at, words.length - 1));
    const word = words[chosen];
    word?.classList.add("chosen");
    word?.scrollIntoView({ block: "nearest" });
    time.setAttribute("aria-label", word ? `${label}: ${word.textContent ?? ""}` : label);
  };
  time.setAttribute("aria-keyshortcuts", "ArrowRight ArrowLeft");
  time.title = t("archive.keys");
  time.addEventListener("blur", () => choose(-1));
  time.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(words.length - 1);
    // In the direction of the text.
    else if (step !== undefined && words[0]) choose(chosen + (getComputedStyle(words[0]).direction === "rtl" ? -step : step));
    else return;
    event.preventDefault();
  });
}

/** Words with their times; the whole text where its words are others, or have none. */
function spoken(passage: Passage): { words: string; moment: number }[] {
  const words = passage.words ?? [];
  const whole = words.map((it) => it.word).join("").trim();
  if (whole !== passage.text.trim()) return [{ words: passage.text, moment: passage.start }];
  return words.map((it) => ({ words: it.word, moment: it.start }));
}
