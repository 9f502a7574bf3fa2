// The settings as a form: it shows what is set, and reports what is changed.
import { element, option, text } from "./dom.ts";
import { FORMATS, save, transcript } from "./download.ts";
import { SHORTCUTS } from "./keys.ts";
import { READER, type Reader } from "./reader.ts";
import type { Track } from "./wire.ts";
import { languages, nameOf } from "./languages.ts";
import type { Choice } from "./rows.ts";
import { t, TEXT_LANGUAGES } from "./texts.ts";

export class Panel {
  readonly #panel = element("panel");
  readonly #opener = element("open", HTMLButtonElement);
  readonly #form = element("settings", HTMLFormElement);
  readonly #tracks = element("tracks");
  readonly #speakers = element("speakers");
  readonly #downloads = element("downloads");
  #offered: Track[] = [];
  #heard: readonly string[] = [];
  #values: Reader | undefined;
  #title: string | undefined;

  /** `changed` is given a setting and its new value; `reset` sets all to their defaults. */
  constructor(
    private readonly changed: (name: keyof Reader, value: unknown) => void,
    reset: () => void,
  ) {
    this.#opener.addEventListener("click", () => this.toggle());
    element("shut", HTMLButtonElement).addEventListener("click", () => this.toggle(false));
    element("usual", HTMLButtonElement).addEventListener("click", reset);
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    for (const kind of ["input", "change"]) this.#panel.addEventListener(kind, (event) => this.#read(event.target, kind === "change"));
    element("ui", HTMLSelectElement).append(...TEXT_LANGUAGES.map((it) => Object.assign(option(it, nameOf(it)), { lang: it })));
    this.#listKeys();
  }

  /** Writes anew what the script itself has written, in the page's language as it is now. */
  retell(): void {
    this.#listKeys();
    const offered = this.#offered;
    this.#offered = [];
    this.offer(offered);
    delete this.#downloads.dataset.of;
  }

  /** The title of the event, which downloads are named after. */
  name(title: string | undefined): void {
    this.#title = title;
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  toggle(open = !this.isOpen): void {
    if (open === this.isOpen) return;
    this.#panel.hidden = !open;
    this.#opener.setAttribute("aria-expanded", String(open));
    if (open) (this.#form.elements[0] as HTMLElement).focus();
    // The focus was on something that is hidden now.
    else this.#opener.focus();
  }

  /** Opens it at its list of keys. */
  help(): void {
    this.toggle(true);
    element("keys").scrollIntoView({ block: "nearest" });
  }

  show(values: Reader, { lang, tracks, speakers }: Choice, token: string | undefined): void {
    this.#values = values;
    for (const control of this.#controls()) {
      const value = values[control.name as keyof Reader];
      if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = value === true;
      else if (document.activeElement !== control || control instanceof HTMLSelectElement) control.value = String(value);
    }
    element("howmany").hidden = values.view !== "lines";
    element("beside").hidden = lang === undefined;
    this.#check(tracks, speakers);
    this.#showDownloads(tracks, speakers, lang, token);
  }

  /** Which tracks there are to choose from. */
  offer(tracks: Track[]): void {
    // Boxes that are made anew lose the focus: somebody may be choosing.
    if (JSON.stringify(tracks) === JSON.stringify(this.#offered)) return;
    this.#offered = tracks;
    this.#tracks.replaceChildren(this.#tracks.firstElementChild!, ...tracks.map(({ name, lang }) => boxOf(name, `${name} (${nameOf(lang)})`)));
    this.#check();
  }

  /** Who has spoken so far. */
  heard(speakers: ReadonlySet<string>): void {
    const known = [...speakers];
    // Whoever is chosen can be taken back, also before a word of theirs.
    const all = [...known, ...(this.#values?.speakers ?? []).filter((it) => !speakers.has(it))];
    if (all.join("\n") === this.#heard.join("\n")) return;
    const isMore = this.#heard.every((it, at) => it === all[at]);
    const more = isMore ? all.slice(this.#heard.length) : all;
    if (!isMore) this.#speakers.replaceChildren(this.#speakers.firstElementChild!);
    // Those that are there stay: somebody may be choosing.
    this.#speakers.append(...more.map((it) => boxOf(it, it)));
    this.#heard = all;
    this.#check();
  }

  #check(tracks = this.#values?.tracks ?? [], speakers = this.#values?.speakers ?? []): void {
    for (const box of boxes(this.#tracks)) box.checked = tracks.length === 0 || tracks.includes(box.value);
    for (const box of boxes(this.#speakers)) box.checked = speakers.length === 0 || speakers.includes(box.value);
    // After a choice there has to be a way back to all, also after one of a track that is not there.
    const chosen = this.#values;
    this.#tracks.hidden = this.#offered.length < 2 && !chosen?.tracks.length;
    this.#speakers.hidden = this.#heard.length < 2 && !chosen?.speakers.length;
    element("named").hidden = this.#offered.length < 2 && this.#heard.length === 0;
  }

  #listKeys(): void {
    const rows = SHORTCUTS.flatMap(({ keys, action }) => {
      const term = document.createElement("dt");
      term.append(...keys.slice(0, 1).map((it) => text("kbd", it === "Escape" ? "Esc" : it)));
      return [term, text("dd", t(`keys.${action}`))];
    });
    element("keys").replaceChildren(...rows);
  }

  #showDownloads(tracks: readonly string[], speakers: readonly string[], wanted: string | undefined, token: string | undefined): void {
    const track = tracks.length === 1 ? tracks[0] : undefined;
    const speaker = speakers.length === 1 ? speakers[0] : undefined;
    // In a language that is not offered the file would be empty.
    const given = this.#offered.filter((it) => tracks.length === 0 || tracks.includes(it.name));
    const lang = wanted === undefined || (given.length > 0 && !languages(given).includes(wanted)) ? undefined : wanted;
    const of = JSON.stringify([lang, track, speaker, this.#title, token !== undefined]);
    if (this.#downloads.dataset.of === of) return;
    this.#downloads.dataset.of = of;
    const links = FORMATS.map((format) => {
      const { path, name } = transcript(format, lang, track, this.#title, speaker);
      const link = text("a", format === "txt" ? t("settings.download.text") : format);
      Object.assign(link, { href: path, download: name });
      if (token !== undefined && token !== "") {
        link.addEventListener("click", (event) => {
          event.preventDefault();
          save(path, name, token).catch((error: unknown) => {
            console.warn(`${path}: not fetched`, error);
            link.textContent = t("settings.download.failed", { format });
          });
        });
      }
      return link;
    });
    const print = text("button", t("settings.print"));
    print.type = "button";
    print.addEventListener("click", () => window.print());
    this.#downloads.replaceChildren(...links.flatMap((it) => [it, " "]), print);
  }

  #read(target: EventTarget | null, isDone: boolean): void {
    if (!(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
    for (const name of ["tracks", "speakers"] as const) {
      const group = name === "tracks" ? this.#tracks : this.#speakers;
      if (!group.contains(target)) continue;
      const [all, wanted] = [boxes(group), boxes(group).filter((it) => it.checked)];
      // None at all means all of them.
      if (isDone) this.changed(name, wanted.length === all.length ? [] : wanted.map((it) => it.value));
      return;
    }
    const setting = READER[target.name as keyof Reader];
    if (setting === undefined) return;
    const given = target instanceof HTMLInputElement && target.type === "checkbox" ? (target.checked ? "on" : "off") : target.value;
    const value = setting.parse(given);
    // A number may be invalid while it is typed; one that still is when the field is left gives way to the old one.
    if (value !== undefined) this.changed(target.name as keyof Reader, value);
    else if (isDone && this.#values) target.value = String(this.#values[target.name as keyof Reader]);
  }

  #controls(): (HTMLInputElement | HTMLSelectElement)[] {
    return [...this.#form.elements].filter((it): it is HTMLInputElement | HTMLSelectElement => "name" in it && Object.hasOwn(READER, String(it.name)));
  }
}

function boxes(group: HTMLElement): HTMLInputElement[] {
  return [...group.querySelectorAll("input")];
}

function boxOf(value: string, words: string): HTMLElement {
  const label = text("label", "", "check");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", value });
  label.append(box, " ", text("span", words));
  return label;
}
