// The slide for the audience over the captions, so that a projector in full screen can show it.
import { element } from "./dom.ts";
import type { EventPage } from "./event-page.ts";
import { fetchJoin, showSlide, type Joining } from "./join-slide.ts";

export class Invitation {
  readonly #dialog = element("join", HTMLDialogElement);
  readonly #slide = element("slide");
  #event: EventPage = {};
  #joining: Joining = { refused: false };

  constructor() {
    element("unjoin", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
  }

  toggle(event: EventPage, token: string | undefined): void {
    if (this.#dialog.open) return this.#dialog.close();
    this.#event = event;
    this.retell();
    this.#dialog.showModal();
    void fetchJoin(token).then((it) => {
      this.#joining = it;
      this.retell();
    });
  }

  /** Writes it in the page's language as it is now. */
  retell(): void {
    showSlide(this.#slide, this.#event, this.#joining);
  }
}
