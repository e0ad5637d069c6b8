import type { LoadResult } from '../load/generator.ts';
import { runLoad } from '../load/run-load.ts';
import type { Load } from '../load/send.ts';
import type { Figures } from './rounds.ts';

/** The same for both sides of every ratio. */
export const connections = 100;

/** Runs a load. Throws unless every request was accepted. */
export async function runAcceptedLoad(load: Load): Promise<LoadResult> {
  const result = await runLoad(load);
  const { accepted, refused, failed } = result;
  if (accepted === load.bodies.length) return result;
  throw new Error(`${accepted} of ${load.bodies.length} requests were accepted: ${JSON.stringify({ refused, failed })}`);
}

/** Runs a load of purchases. Throws unless each was accepted with a ticket of its own. */
export async function runPurchases(load: Omit<Load, 'connections'>): Promise<{ result: LoadResult; figures: Figures }> {
  const result = await runAcceptedLoad({ ...load, connections });
  const tickets = new Set(result.answers.map((answer) => (JSON.parse(answer) as { ticketId: string }).ticketId));
  if (tickets.size !== result.accepted) throw new Error(`${result.accepted} answers name only ${tickets.size} different tickets`);
  return { result, figures: figuresOf(result) };
}

/** `generatorCores` is the CPU time that the generator itself used, in cores. */
export const figuresOf = ({ accepted, elapsedMs, cpuMs, latency }: LoadResult): Figures => ({
  perSecond: (accepted * 1_000) / elapsedMs,
  p50Ms: latency.p50,
  p99Ms: latency.p99,
  generatorCores: cpuMs / elapsedMs,
});
