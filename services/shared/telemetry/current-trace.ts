import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<string>();

/** Does work for a trace: what it asks of others carries the traceparent. Without one, it carries what it did before. */
export const inTrace = <T>(traceparent: string | undefined, work: () => T): T =>
  traceparent === undefined ? work() : current.run(traceparent, work);

/** The traceparent of the work that is being done now. */
export const currentTraceparent = (): string | undefined => current.getStore();
