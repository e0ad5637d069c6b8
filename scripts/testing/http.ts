/** Sends JSON with a POST. Returns the response's status, headers and body. */
export async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const request = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  const response = await fetch(url, request);
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

/** Buys one seat. */
export const buy = (base: string, seat: { venueId: string; eventId: string; zoneId?: number; row?: string; column?: number }) =>
  post(`${base}/purchase/api/v1/tickets`, { zoneId: 1, row: 'A', column: 1, ...seat });

/** Sends a GET. Returns the JSON response, whatever its status. */
export async function get(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> };
}

/** Runs `work` for each item, at most `width` at a time. Returns the results in order. */
export async function inParallel<T, R>(items: T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const [at, item] of queue) results[at] = await work(item);
    }),
  );
  return results;
}
