// Requests to the server's API.

/** With the token as a header: an address would be logged. */
export function request(path: string, token: string | undefined, options: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
  return fetch(path, token ? { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } } : options);
}

/** Fails where the status does not say success. */
export async function fetchOk(path: string, token: string | undefined): Promise<Response> {
  const answer = await request(path, token);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer;
}
