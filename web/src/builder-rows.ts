// The controls of the builder as elements. Each shows its setting, and reports what it is changed to.
import { CONTROLS, type Control } from "./builder-controls.ts";
import { option, text } from "./dom.ts";
import { offerFonts } from "./local-fonts.ts";
import { FONTS } from "./reader.ts";
import { sixDigits, type Choice, type Range } from "./settings.ts";
import { OVERLAY, type Overlay } from "./streamer.ts";

/** `given`: as it stands in an address. */
export type Changed = (name: keyof Overlay, given: string) => void;

export interface ControlRow {
  element: HTMLElement;
  /** `isForced`: also a field that somebody types in. */
  show(values: Overlay, isForced: boolean): void;
}

type Show = (value: string, isForced: boolean) => void;

export function controlRow(name: keyof Overlay, changed: Changed): ControlRow {
  const control = CONTROLS[name];
  const element = text("div", "", `control ${control.kind}`);
  const change = (given: string): void => changed(name, given);
  const show = fill(element, name, control, change);
  if (control.hint !== undefined) {
    const hint = text("p", control.hint, "hint");
    hint.id = `hint-${name}`;
    element.append(hint);
    element.querySelector("input, select")?.setAttribute("aria-describedby", hint.id);
  }
  return {
    element,
    show(values, isForced) {
      element.hidden = control.when?.(values) === false;
      show(OVERLAY[name].write(values[name] as never), isForced);
    },
  };
}

function fill(row: HTMLElement, name: keyof Overlay, control: Control, change: (given: string) => void): Show {
  const id = `set-${name}`;
  const label = text("label", control.label);
  label.htmlFor = id;
  switch (control.kind) {
    case "slider": {
      const range = OVERLAY[name] as Range;
      const slider = input("range", id, range, control.step);
      const exact = input("number", `${id}-exact`, range, 1);
      exact.ariaLabel = `${control.label}, as a number`;
      for (const it of [slider, exact]) it.addEventListener("input", () => change(it.value));
      row.append(label, exact, slider);
      return together(showIn(slider), showIn(exact));
    }
    case "number": {
      const field = input("number", id, OVERLAY[name] as Range, control.step);
      field.addEventListener("input", () => change(field.value));
      row.append(label, field);
      return showIn(field);
    }
    case "text": {
      const field = input("text", id);
      Object.assign(field, { placeholder: control.example, spellcheck: false, autocapitalize: "off" });
      field.addEventListener("input", () => change(field.value));
      row.append(label, field);
      return showIn(field);
    }
    case "choice": {
      const select = choose(id, (OVERLAY[name] as Choice<string>).words.map((it) => [it, control.words[it] ?? it]));
      select.addEventListener("change", () => change(select.value));
      row.append(label, select);
      return showIn(select);
    }
    case "switch": {
      const box = input("checkbox", id);
      box.addEventListener("change", () => change(box.checked ? "on" : "off"));
      row.append(box, label);
      return (value) => (box.checked = value === "on");
    }
    case "colour":
      return fillColour(row, id, label, control.none, change);
    case "font":
      return fillFont(row, id, label, change);
    case "size":
      return fillSize(row, id, label, change);
  }
}

/** A colour; where it may be none, with a box that says whether there is one. */
function fillColour(row: HTMLElement, id: string, label: HTMLLabelElement, none: string | undefined, change: (given: string) => void): Show {
  const well = input("color", id);
  well.addEventListener("input", () => change(well.value));
  if (none === undefined) {
    row.append(label, well);
    return (value) => (well.value = `#${sixDigits(`#${value}`)}`);
  }
  const box = input("checkbox", `${id}-on`);
  box.addEventListener("change", () => change(box.checked ? well.value : none));
  label.htmlFor = box.id;
  well.ariaLabel = `${label.textContent}, its colour`;
  row.append(box, label, well);
  return (value) => {
    box.checked = value !== none;
    well.hidden = !box.checked;
    if (box.checked) well.value = `#${sixDigits(`#${value}`)}`;
  };
}

const OTHER = "another";
const NAMES: Record<(typeof FONTS)[number], string> = { sans: "Sans serif", serif: "Serif", mono: "Monospace", dyslexic: "OpenDyslexic" };

function fillFont(row: HTMLElement, id: string, label: HTMLLabelElement, change: (given: string) => void): Show {
  const select = choose(id, [...FONTS.map((it): [string, string] => [it, NAMES[it]]), [OTHER, "Another font"]]);
  const field = input("text", `${id}-name`);
  Object.assign(field, { ariaLabel: "Name of the font", placeholder: "Open Sans", spellcheck: false, autocapitalize: "off" });
  const named = text("div", "", "named");
  named.append(field, text("p", "It has to be installed where the overlay is shown.", "hint"));
  select.addEventListener("change", () => {
    named.hidden = select.value !== OTHER;
    if (select.value !== OTHER) change(select.value);
    else if (field.value.trim() === "") field.focus();
    else change(field.value);
  });
  field.addEventListener("input", () => change(field.value));
  offerFonts(named, field);
  row.append(label, select, named);
  return (value, isForced) => {
    const isOurs = FONTS.some((it) => it === value);
    // While the name is still missing, the font is the one before.
    if (isOurs && select.value === OTHER && !isForced) return;
    select.value = isOurs ? value : OTHER;
    named.hidden = isOurs;
    if (!isOurs) showIn(field)(value, isForced);
  };
}

const UNITS: [string, string][] = [["", "so that a line fits"], ["px", "px"], ["vh", "% of the height"], ["vw", "% of the width"]];
/** What a size begins with when its unit is chosen. */
const USUAL: Record<string, string> = { px: "48", vh: "5", vw: "3" };

function fillSize(row: HTMLElement, id: string, label: HTMLLabelElement, change: (given: string) => void): Show {
  const unit = choose(id, UNITS);
  const field = input("number", `${id}-number`);
  Object.assign(field, { min: "0.5", max: "400", step: "any", ariaLabel: "Size, as a number" });
  unit.addEventListener("change", () => change(unit.value === "" ? "" : `${USUAL[unit.value]}${unit.value}`));
  field.addEventListener("input", () => change(`${field.value}${unit.value}`));
  row.append(label, unit, field);
  return (value, isForced) => {
    unit.value = value.replace(/^[\d.]+/, "");
    field.hidden = value === "";
    showIn(field)(value.replace(/[a-z]+$/, ""), isForced);
  };
}

function input(type: string, id: string, range?: Range, step = 1): HTMLInputElement {
  const it = document.createElement("input");
  Object.assign(it, { type, id });
  if (range) Object.assign(it, { min: String(range.least), max: String(range.most), step: String(step) });
  return it;
}

function choose(id: string, options: [string, string][]): HTMLSelectElement {
  const it = document.createElement("select");
  it.id = id;
  it.append(...options.map(([value, words]) => option(value, words)));
  return it;
}

/** What somebody types in may be on its way to a value. */
function showIn(field: HTMLInputElement | HTMLSelectElement): Show {
  return (value, isForced) => {
    const isTyped = document.activeElement === field && field instanceof HTMLInputElement && field.type !== "range";
    if ((isForced || !isTyped) && field.value !== value) field.value = value;
  };
}

function together(...all: Show[]): Show {
  return (value, isForced) => all.forEach((it) => it(value, isForced));
}
