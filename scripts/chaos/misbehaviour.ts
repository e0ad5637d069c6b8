import type { Misbehaviour } from './part.ts';

/** How late, slow or shuffled things are. */
const ms = 2_000;

/** Makes the local payment provider misbehave (scripts/local/payments/faults.ts). */
export function misbehaviourAt(paymentsUrl: string): Misbehaviour {
  const send = async (method: 'POST' | 'DELETE', body?: object) => {
    const response = await fetch(`${paymentsUrl}/faults`, { method, ...(body && { body: JSON.stringify(body) }) });
    if (!response.ok) throw new Error(`${method} /faults returned ${response.status}: ${await response.text()}`);
  };
  return {
    begin: (trouble) => send('POST', { kind: trouble, ms }),
    end: () => send('DELETE'),
  };
}
