import type { FastifyReply } from 'fastify';
import { sendProblem } from '../../shared/http/problems.ts';
import { VersionConflict } from '../../shared/inventory/event-state.ts';

/** Does a change. If it was meant for another version, replies with 412 and returns undefined. */
export async function unlessStale<Result>(reply: FastifyReply, change: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof VersionConflict)) throw error;
    return void sendProblem(reply, 'PRECONDITION_FAILED');
  }
}
