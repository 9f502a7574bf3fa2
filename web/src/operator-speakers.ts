// The panel of speakers: who is there and how, and the links that an operator makes, renames and takes back.
import { element, option, setText, showText, text } from "./dom.ts";
import { isJoinInfo, joinAddress } from "./join-address.ts";
import { isSpeakers, speakerRows, stagesOf, type Row, type SpeakerLink } from "./operator-speaker-rows.ts";
import { get, post, remove, type Answer } from "./operator-server.ts";
import type { State } from "./operator-wire.ts";
import { qrCode } from "./qr-code.ts";
import { linkFor } from "./speak-link.ts";

/** The panel is asked for with every so many polls. */
const EVERY = 2;

export class SpeakersPanel {
  #polls = 0;
  #mayOperate = false;
  /** The token of a link is told once: to the page that has made it. */
  readonly #tokens = new Map<number, string>();
  #renamed: SpeakerLink | undefined;
  /** The one that is shown. */
  #open: number | undefined;
  #shown = "";

  constructor(private readonly place: HTMLElement) {
    element("linking").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#make();
    });
    element("renaming").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#rename();
    });
    element("rename-not").addEventListener("click", () => this.#ask(undefined));
    element("made-close").addEventListener("click", () => this.#close());
    element("made-copy").addEventListener("click", () => void copy());
  }

  async poll(state: State): Promise<void> {
    this.#mayOperate = state.may_operate;
    if (this.#polls++ % EVERY === 0) await this.#refresh(state);
  }

  async #refresh(state?: State): Promise<void> {
    const answer = await get<unknown>("api/speakers");
    const now = "value" in answer && isSpeakers(answer.value) ? answer.value : undefined;
    this.place.hidden = now === undefined || now.places.length === 0;
    if (now === undefined) return;
    const waiting = new Set(state?.stages.filter((it) => it.state === "waiting").map((it) => it.name));
    const names = stagesOf(now);
    const stage = element("speaker-stage", HTMLSelectElement);
    if (stage.childElementCount !== names.length) stage.replaceChildren(...names.map((it) => option(it, it)));
    for (const it of [stage, stage.labels[0]!]) it.hidden = names.length < 2;
    for (const id of ["speaker-name", "make-link"]) (element(id) as HTMLInputElement).disabled = !this.#mayOperate;
    this.#show(speakerRows(now, waiting));
  }

  /** Rows are made anew only where their links differ, so that a focus stays where it is. */
  #show(rows: Row[]): void {
    const body = element("speaker-rows");
    const shape = JSON.stringify([rows.map((it) => [it.link?.id, it.link?.name, this.#tokens.has(it.link?.id ?? 0)]), this.#mayOperate]);
    if (shape !== this.#shown) body.replaceChildren(...rows.map((it) => this.#row(it)));
    this.#shown = shape;
    rows.forEach((row, at) => {
      const line = body.children[at]!;
      line.classList.toggle("gone", !row.isThere);
      row.cells.forEach((words, column) => setText(line.children[column]!, words));
    });
  }

  #row({ link, cells }: Row): HTMLTableRowElement {
    const row = document.createElement("tr");
    row.append(...cells.map((words, at) => (at === 0 ? Object.assign(text("th", words), { scope: "row" }) : text("td", words))));
    const actions = document.createElement("td");
    if (link === undefined) actions.textContent = "–";
    else if (this.#mayOperate) {
      const token = this.#tokens.get(link.id);
      if (token !== undefined) actions.append(button("Show", link, () => void this.#showLink(link, token)));
      actions.append(button("Rename", link, () => this.#ask(link)), button("Take back", link, () => void this.#revoke(link)));
    }
    row.append(actions);
    return row;
  }

  async #make(): Promise<void> {
    const name = element("speaker-name", HTMLInputElement);
    const stage = element("speaker-stage", HTMLSelectElement).value;
    const done = await this.#do(post<SpeakerLink & { token: string }>("api/speakers", { name: name.value.trim(), stage }), ({ name }) => `Made a link for ${name}.`);
    if (done === undefined) return;
    const made = done.value;
    name.value = "";
    this.#tokens.set(made.id, made.token);
    await this.#refresh();
    await this.#showLink(made, made.token);
  }

  async #showLink({ id, name, stage }: SpeakerLink, token: string): Promise<void> {
    const join = await get<unknown>("api/join");
    const info = "value" in join && isJoinInfo(join.value) ? join.value : undefined;
    const base = joinAddress(location.href, info);
    const address = linkFor(base === undefined ? new URL("./", location.href).href : `${base}/`, { token, stage, name });
    this.#open = id;
    element("made").hidden = false;
    setText("made-for", `For ${name} alone: whoever has it may speak under this name, until it is taken back or livecap ends.`);
    const code = element("made-code");
    if (code.dataset.shown !== address) code.replaceChildren(qrCode(address, `QR code of the link for ${name}`));
    code.dataset.shown = address;
    element("made-link", HTMLInputElement).value = address;
    const only = base === undefined ? "Only this machine reaches it: other devices need a server that listens on their network." : undefined;
    const isBare = base !== undefined && new URL(address).protocol === "http:";
    const secure = isBare ? "Browsers give the microphone to https pages only: set cert and key in the broadcast, or put a proxy with TLS before it (docs/guides/phone.md)." : undefined;
    showText("made-note", only ?? secure);
    element("made-link").focus();
  }

  #close(): void {
    this.#open = undefined;
    element("made").hidden = true;
    element("made-code").replaceChildren();
    delete element("made-code").dataset.shown;
    element("made-link", HTMLInputElement).value = "";
    element("speaker-name").focus();
  }

  /** Asks for another name. */
  #ask(link: SpeakerLink | undefined): void {
    this.#renamed = link;
    element("renaming").hidden = link === undefined;
    if (link === undefined) return element("speaker-name").focus();
    setText("renaming-who", `New name of ${link.name}`);
    const field = element("new-name", HTMLInputElement);
    field.value = link.name;
    field.select();
    field.focus();
  }

  async #rename(): Promise<void> {
    const [link, name] = [this.#renamed, element("new-name", HTMLInputElement).value.trim()];
    if (link === undefined) return;
    const done = await this.#do(post(`api/speakers/${link.id}`, { name }), () => `${link.name} is called ${name} now.`);
    if (done === undefined) return;
    this.#ask(undefined);
    await this.#refresh();
  }

  async #revoke(link: SpeakerLink): Promise<void> {
    const done = await this.#do(remove(`api/speakers/${link.id}`), () => `The link of ${link.name} was taken back.`);
    if (done === undefined) return;
    this.#tokens.delete(link.id);
    if (this.#open === link.id) this.#close();
    await this.#refresh();
    element("speaker-name").focus();
  }

  /** Undefined where it was not done. */
  async #do<T>(request: Promise<Answer<T>>, done: (value: T) => string): Promise<{ value: T } | undefined> {
    const answer = await request;
    const isDone = "value" in answer;
    setText("speakers-done", isDone ? done(answer.value) : answer.status === "gone" ? "No answer came: it may have been done or not." : `It was not done: ${answer.why}`);
    return isDone ? answer : undefined;
  }
}

function button(words: string, { name }: SpeakerLink, act: () => void): HTMLButtonElement {
  const it = text("button", words);
  it.type = "button";
  it.setAttribute("aria-label", `${words}: ${name}`);
  it.addEventListener("click", act);
  return it;
}

async function copy(): Promise<void> {
  const field = element("made-link", HTMLInputElement);
  field.select();
  const isCopied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
  // Without https browsers have no clipboard but this.
  setText("speakers-done", isCopied || document.execCommand("copy") ? "Copied." : "The browser did not copy it: copy it from the field.");
}
