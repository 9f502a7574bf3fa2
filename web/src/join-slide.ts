// The slide for the audience: how to read the captions on one's own device.
import { text } from "./dom.ts";
import { direction, tag } from "./direction.ts";
import type { EventPage } from "./event-page.ts";
import { request } from "./http.ts";
import { isJoinInfo, joinAddress, short, withToken, type JoinInfo } from "./join-address.ts";
import { nameOf } from "./languages.ts";
import { qrCode } from "./qr-code.ts";
import { t } from "./texts.ts";

export type Joining = { info: JoinInfo } | { refused: boolean };

/** Asks the server how to join. */
export async function fetchJoin(token: string | undefined): Promise<Joining> {
  try {
    const answer = await request("api/join", token);
    const info: unknown = answer.ok ? await answer.json() : undefined;
    return isJoinInfo(info) ? { info } : { refused: answer.status === 401 };
  } catch {
    return { refused: false };
  }
}

/** Fills `place`. `share`: a token that the code carries, so that all who scan it may read. */
export function showSlide(place: Element, { title, subtitle, logo }: EventPage, joining: Joining, share?: string): void {
  const info = "info" in joining ? joining.info : undefined;
  const address = joinAddress(location.href, info);
  const words = document.createElement("div");
  words.className = "words";
  if (logo !== undefined) words.append(Object.assign(document.createElement("img"), { src: logo, alt: "", className: "logo" }));
  if (title !== undefined) words.append(text("p", title, "event"));
  if (subtitle !== undefined) words.append(text("p", subtitle, "subtitle"));
  words.append(text("h2", t("join.title")));
  const parts: Element[] = [words];
  if (address === undefined) {
    words.append(text("p", t("join.only"), "note"));
    if (info?.remedy !== undefined) words.append(english("p", info.remedy));
  } else {
    words.append(text("p", t("join.how")));
    const link = text("a", short(address), "address");
    link.href = address;
    link.dir = "ltr";
    words.append(link);
    parts.push(qrCode(withToken(address, share), t("join.code", { address: short(address) })));
  }
  if ("refused" in joining && joining.refused) words.append(text("p", t("join.token"), "note"));
  const named = info?.languages.filter((it) => tag(it) !== "") ?? [];
  if (named.length > 0) words.append(languages(named));
  place.replaceChildren(...parts);
}

function languages(tags: readonly string[]): HTMLUListElement {
  const list = text("ul", "", "languages");
  list.setAttribute("aria-label", t("page.language"));
  for (const it of tags) list.append(Object.assign(text("li", nameOf(it)), { lang: it, dir: direction(it) }));
  return list;
}

/** What only an operator reads is in English. */
function english(tag: "p", words: string): HTMLElement {
  return Object.assign(text(tag, words, "remedy"), { lang: "en", dir: "ltr" });
}
