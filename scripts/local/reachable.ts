/** A store or queue: `check` resolves if it answers. */
export type Store = { name: string; address: string; check: () => Promise<unknown> };

/** How long to wait for each store's first answer; a healthy one needs less. */
const answerMs = 5_000;

/** Rejects if stores cannot be reached, with the name, the address and the reason of each, and then `hint`. */
export async function assertReachable(stores: Store[], hint = '', cause?: unknown): Promise<void> {
  const results = await Promise.allSettled(stores.map(({ check }) => withinTime(check())));
  const away = results.flatMap((result, at) => {
    const { name, address } = stores[at] as Store;
    return result.status === 'rejected' ? [`  ${name} at ${address}: ${reasonOf(result.reason)}`] : [];
  });
  if (away.length > 0) throw new Error(['Cannot be reached:', ...away, ...(hint ? [hint] : [])].join('\n'), { cause });
}

async function withinTime<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${answerMs / 1_000} s`)), answerMs);
  return await Promise.race([promise, late.promise]).finally(() => clearTimeout(timer));
}

/** Node's error for a host name with several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return [...new Set(error.errors.map(reasonOf))].join(', ');
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}
