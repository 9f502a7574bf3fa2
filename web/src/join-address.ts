// The address that readers are given: the one that the file names, else the one of this page, else one of the machine.

/** What the server tells of how to join, as in docs/protocol.md. */
export interface JoinInfo {
  public_url?: string;
  addresses: readonly string[];
  only_here: boolean;
  remedy?: string;
  languages: readonly string[];
}

export function isJoinInfo(it: unknown): it is JoinInfo {
  const info = it as JoinInfo | null;
  return typeof info === "object" && info !== null && isTexts(info.addresses) && isTexts(info.languages);
}

/** `here`: the address of this page. Undefined where no other device reaches the captions, as far as is known. */
export function joinAddress(here: string, info: JoinInfo | undefined): string | undefined {
  if (info?.public_url !== undefined) return bare(info.public_url);
  const base = new URL("./", here);
  if (!isLoopback(base.hostname)) return bare(`${base.origin}${base.pathname}`);
  const first = info?.addresses[0];
  return first === undefined ? undefined : bare(first);
}

/** As people type it. */
export function short(address: string): string {
  return address.replace(/^https?:\/\//, "");
}

/** With the token behind `#`, which browsers do not send. */
export function withToken(address: string, token: string | undefined): string {
  return token === undefined ? address : `${address}/#token=${encodeURIComponent(token)}`;
}

function bare(address: string): string {
  return address.replace(/\/+$/, "");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function isTexts(it: unknown): it is string[] {
  return Array.isArray(it) && it.every((one) => typeof one === "string");
}
