import { type Static, Type } from 'typebox';

/**
 * What can go wrong, on purpose. `away`: the connection breaks before anything happens. `unavailable`: 503. `error`: 500, and nothing happened;
 * `error-after`: 500, but it happened. Stripe says the same again under the same idempotency key. `lost-reply`: it happened, and the connection
 * breaks. `held`: it happens `ms` later; `slow`: the reply takes `ms`. Webhooks are `lost` for good, `late` by `ms`, `doubled`, `shuffled` within `ms`, or come with a `forged` one.
 */
export const requestFaults = ['away', 'unavailable', 'error', 'error-after', 'lost-reply', 'held', 'slow'] as const;
export const webhookFaults = [
  'webhooks-lost',
  'webhooks-late',
  'webhooks-doubled',
  'webhooks-shuffled',
  'webhooks-forged',
] as const;

export const Fault = Type.Object(
  {
    kind: Type.Enum([...requestFaults, ...webhookFaults]),
    /** Of this provider only. */
    provider: Type.Optional(Type.Enum(['stripe', 'paypal'])),
    /** Only requests of this kind, such as `capture`. */
    step: Type.Optional(Type.String({ maxLength: 40 })),
    /** How often; without it, until faults are cleared. */
    count: Type.Optional(Type.Integer({ minimum: 1 })),
    /** Milliseconds. */
    ms: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
);
export type Fault = Static<typeof Fault>;

/** The faults that are in force. */
export function createFaults() {
  let faults: Fault[] = [];
  return {
    add: (fault: Fault): void => void faults.push({ ...fault }),
    clear(): void {
      faults = [];
    },
    all: (): Fault[] => faults,

    /** Uses up the first fault of one of these kinds that concerns the request or webhook. */
    take<K extends Fault['kind']>(kinds: readonly K[], about: { provider: Fault['provider']; step?: string }) {
      const found = faults.find(
        ({ kind, provider = about.provider, step = about.step }) =>
          (kinds as readonly string[]).includes(kind) && provider === about.provider && step === about.step,
      );
      if (found?.count !== undefined && --found.count === 0) faults = faults.filter((fault) => fault !== found);
      return found as (Fault & { kind: K }) | undefined;
    },
  };
}

export type Faults = ReturnType<typeof createFaults>;
