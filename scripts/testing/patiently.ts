import { setTimeout as pause } from 'node:timers/promises';
import { overloaded } from '../../services/shared/http/problems.ts';

/** Retries while the service is overloaded: a refused attempt has taken nothing. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error !== overloaded) throw error;
      await pause(100);
    }
  }
}
