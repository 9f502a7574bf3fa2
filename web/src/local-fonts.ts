// The names of the fonts of this machine, where the browser tells them: only when it is asked to, and after it has asked the user.
import { messageOf, option, text } from "./dom.ts";

/** https://wicg.github.io/local-font-access/ */
interface FontData {
  family: string;
}
declare global {
  interface Window {
    queryLocalFonts?: () => Promise<FontData[]>;
  }
}

/** Puts a button into `place` that lists them as suggestions for `field`. Where the browser does not tell them, names are typed. */
export function offerFonts(place: HTMLElement, field: HTMLInputElement): void {
  if (window.queryLocalFonts === undefined) return;
  const list = document.createElement("datalist");
  list.id = `${field.id}-list`;
  const button = text("button", "List the fonts of this machine");
  button.type = "button";
  const told = text("p", "", "hint");
  told.setAttribute("role", "status");
  button.addEventListener("click", () => void ask());
  place.append(button, told, list);

  async function ask(): Promise<void> {
    try {
      const fonts = await window.queryLocalFonts!();
      const families = [...new Set(fonts.map((it) => it.family))].sort((a, b) => a.localeCompare(b));
      list.replaceChildren(...families.map((it) => option(it, it)));
      field.setAttribute("list", list.id);
      told.textContent = families.length > 0 ? `${families.length} fonts: the field above suggests them.` : "The browser tells none: type the name.";
      field.focus();
    } catch (error) {
      told.textContent = `The browser does not tell them: ${messageOf(error)} Type the name.`;
    }
  }
}
