// The overlay builder: controls for all that an overlay's address can say, and the overlay itself as a preview. The address is the state.
import { Backdrop } from "./backdrop.ts";
import { GROUPS } from "./builder-controls.ts";
import { controlRow, type ControlRow } from "./builder-rows.ts";
import { BUILDER, type Builder } from "./builder-settings.ts";
import { element, setText, showText, text } from "./dom.ts";
import { Player } from "./player.ts";
import { PRESETS, withPreset } from "./presets.ts";
import { isSaid } from "./sample.ts";
import { read, written, type Table, type Values } from "./settings.ts";
import { OVERLAY, type Overlay } from "./streamer.ts";
import { alignSideways, alignToPixels } from "./whole-pixels.ts";

/** Browsers refuse addresses that change too often, as a slider that is drawn would change them. */
const WRITE_MS = 250;

const DEFAULTS = read(OVERLAY, new URLSearchParams()).values;
const overlay = new URL("../overlay", location.href);
overlay.search = overlay.hash = "";

let settings: Overlay;
let own: Builder;
let writing: number | undefined;

const frame = element("frame", HTMLIFrameElement);
const area = element("canvas");
const around = element("preview");
const address = element("address", HTMLInputElement);
const player = new Player(frame, overlay);
const backdrop = new Backdrop((behind) => changeOwn("behind", behind));
const rows = addControls();
const presets = addPresets();

for (const name of ["width", "height", "sample"] as const) {
  const field = element<HTMLInputElement | HTMLSelectElement>(`${name === "sample" ? "" : "canvas-"}${name}`);
  field.addEventListener("input", () => changeOwn(name, field.value));
}
element("pause").addEventListener("click", () => changeOwn("still", own.still ? "off" : "on"));
element("copy").addEventListener("click", () => void copy());
address.addEventListener("focus", () => address.select());
element("controls").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("change", () => write());
window.addEventListener("pagehide", () => write());
window.addEventListener("hashchange", load);
new ResizeObserver(fit).observe(around);
window.addEventListener("resize", fit);
load();

/** What the address says; what it says wrongly is put right there. */
function load(): void {
  const given = new URLSearchParams(location.hash.slice(1));
  settings = valid(OVERLAY, new URLSearchParams(location.search));
  own = valid(BUILDER, given);
  // Who wants less motion starts the sample.
  if (!given.has("still") && matchMedia("(prefers-reduced-motion: reduce)").matches) own.still = true;
  show(true);
  write();
}

function valid<T extends Table>(table: T, query: URLSearchParams): Values<T> {
  const { values, complaints } = read(table, query);
  for (const complaint of complaints) console.info(complaint);
  return values;
}

function change(name: keyof Overlay, given: string): void {
  const setting = OVERLAY[name];
  const value = given === "" && name === "size" ? setting.default : setting.parse(given);
  // It is being typed.
  if (value === undefined) return;
  set({ ...settings, [name]: value });
}

function set(to: Overlay, isForced = false): void {
  settings = to;
  show(isForced);
  writeSoon();
}

function changeOwn(name: keyof Builder, given: string): void {
  const value = BUILDER[name].parse(given);
  if (value === undefined) return;
  own = { ...own, [name]: value };
  show(false, name === "behind");
  writeSoon();
}

function show(isForced: boolean, isOtherPicture = isForced): void {
  const query = written(OVERLAY, settings).toString();
  const { lang, tracks, speakers, clear } = settings;
  const { sample, still } = own;
  for (const it of rows) it.show(settings, isForced);
  showPreset(query);
  address.value = overlay.href + (query && `?${query}`);
  element("open", HTMLAnchorElement).href = address.value;
  showText("copied", undefined);
  element("measures").textContent = `${Math.round(own.width)} × ${Math.round(own.height)}`;
  for (const side of ["width", "height"] as const) {
    const field = element(`canvas-${side}`, HTMLInputElement);
    if (isForced || document.activeElement !== field) field.value = String(own[side]);
  }
  element("sample", HTMLSelectElement).value = sample;
  element("pause").textContent = still ? "Play" : "Pause";
  showText("unsaid", isSaid(lang) ? undefined : `The sample has no sentences in “${lang}”: English ones stand for them.`);
  fit();
  backdrop.show(own, isOtherPicture);
  player.show({ query, lang, tracks, speakers, sample, still, clear });
}

/** Which of the presets the settings are, if any. */
function showPreset(query: string): void {
  const isSet = presets.map(({ look }) => written(OVERLAY, look()).toString() === query);
  presets.forEach(({ button }, at) => button.setAttribute("aria-pressed", String(isSet[at])));
  const about = PRESETS[isSet.indexOf(true)]?.about ?? "Changed by hand. A preset sets the look anew, and leaves languages and tracks as they are.";
  setText("about", about);
}

/** The overlay has the size of its source in OBS, and is drawn smaller where that does not fit. */
function fit(): void {
  const [width, height] = [Math.round(own.width), Math.round(own.height)];
  const highest = Number.parseFloat(getComputedStyle(around).maxHeight);
  const scale = Math.min(1, around.clientWidth / width, highest / height);
  Object.assign(frame.style, { width: `${width}px`, height: `${height}px`, transform: scale < 1 ? `scale(${scale})` : "none" });
  Object.assign(area.style, { width: `${Math.floor(width * scale)}px`, height: `${Math.floor(height * scale)}px` });
  // Between two pixels all letters would be blurred.
  alignToPixels(area);
  alignSideways(area);
}

function writeSoon(): void {
  window.clearTimeout(writing);
  writing = window.setTimeout(write, WRITE_MS);
}

function write(): void {
  window.clearTimeout(writing);
  const [query, fragment] = [written(OVERLAY, settings).toString(), written(BUILDER, own).toString()];
  const to = location.pathname + (query && `?${query}`) + (fragment && `#${fragment}`);
  if (to !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", to);
}

async function copy(): Promise<void> {
  let isCopied = false;
  try {
    await navigator.clipboard.writeText(address.value);
    isCopied = true;
  } catch {
    // Without https browsers have no clipboard but this.
    address.focus();
    address.select();
    isCopied = document.execCommand("copy");
    element("copy").focus();
  }
  showText("copied", isCopied ? "Copied." : "The browser did not copy it: copy it from the field.");
}

function addControls(): ControlRow[] {
  return GROUPS.flatMap(({ heading, names }, at) => {
    const section = document.createElement("section");
    const title = text("h2", heading);
    title.id = `group-${at}`;
    section.setAttribute("aria-labelledby", title.id);
    const made = names.map((name) => controlRow(name, change));
    section.append(title, ...made.map((it) => it.element));
    element("controls").append(section);
    return made;
  });
}

function addPresets(): { button: HTMLButtonElement; look: () => Overlay }[] {
  return PRESETS.map((preset) => {
    const look = (): Overlay => withPreset(settings, DEFAULTS, preset);
    const button = text("button", preset.name);
    button.type = "button";
    button.addEventListener("click", () => set(look(), true));
    element("presets").append(button);
    return { button, look };
  });
}
