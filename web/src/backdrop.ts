// What lies behind the overlay in the builder: a sample picture, a colour, or a picture of the user, which stays in the browser.
import { element, messageOf, option, showText } from "./dom.ts";
import type { Builder } from "./builder-settings.ts";

const OWN = "own";

export class Backdrop {
  readonly #area = element("canvas");
  readonly #select = element("behind", HTMLSelectElement);
  readonly #file = element("file", HTMLInputElement);
  readonly #painted = element("own", HTMLCanvasElement);
  #own: ImageBitmap | undefined;
  /** It is the one that is shown. */
  #isOwn = false;

  /** `changed` is given what an address can say; a picture of the user is not part of it. */
  constructor(changed: (behind: string) => void) {
    this.#select.addEventListener("change", () => {
      this.#isOwn = this.#select.value === OWN;
      if (this.#isOwn) this.#paint();
      else changed(this.#select.value);
    });
    this.#file.addEventListener("change", () => void this.#open());
  }

  show({ behind }: Builder, forget: boolean): void {
    if (forget) this.#isOwn = false;
    this.#select.value = this.#isOwn ? OWN : behind;
    this.#area.dataset.behind = this.#select.value;
    this.#painted.hidden = !this.#isOwn;
    this.#paint();
  }

  async #open(): Promise<void> {
    const file = this.#file.files?.[0];
    if (!file) return;
    try {
      // Decoded from the file itself: no address of it exists that the page's policy would have to allow.
      const picture = await createImageBitmap(file);
      this.#own?.close();
      this.#own = picture;
      if (![...this.#select.options].some((it) => it.value === OWN)) this.#select.append(option(OWN, "Your picture"));
      this.#select.value = OWN;
      this.#isOwn = true;
      showText("no-picture", undefined);
      this.#paint();
    } catch (error) {
      showText("no-picture", `The browser cannot show ${file.name} as a picture: ${messageOf(error)}`);
    }
  }

  /** It covers the area, as the sample picture does. */
  #paint(): void {
    if (!this.#isOwn || !this.#own) return;
    this.#area.dataset.behind = OWN;
    this.#painted.hidden = false;
    const { clientWidth: width, clientHeight: height } = this.#area;
    const ratio = window.devicePixelRatio;
    Object.assign(this.#painted, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const { width: w, height: h } = this.#painted;
    const scale = Math.max(w / this.#own.width, h / this.#own.height);
    const [across, down] = [this.#own.width * scale, this.#own.height * scale];
    this.#painted.getContext("2d")?.drawImage(this.#own, (w - across) / 2, (h - down) / 2, across, down);
  }
}
