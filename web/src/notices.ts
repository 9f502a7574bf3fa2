// The notice that a pipeline gives its readers, in the page's language where the page knows it.
import { text } from "./dom.ts";
import { t, type Key } from "./texts.ts";

/** What the server itself says, by how it begins: what follows is for who runs it. */
const KNOWN: readonly (readonly [RegExp, Key])[] = [[/^demo model: a small fixed vocabulary\b/, "notice.demo"]];

export function noticeText(notice: string): string {
  const key = KNOWN.find(([begins]) => begins.test(notice))?.[1];
  return key === undefined ? notice : t(key);
}

/** Backticks mark what can be typed. */
export function noticeNodes(notice: string): (string | HTMLElement)[] {
  return noticeText(notice).split("`").map((part, at) => (at % 2 ? text("code", part) : part));
}
