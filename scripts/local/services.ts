import { join } from 'node:path';
import { pathTable, type ServiceName } from '../../services/shared/http/path-table.ts';
import { answers, type LocalProcess, startProcess } from './process.ts';

const root = join(import.meta.dirname, '../..');

/** As in the images. Much of a request is spent in Node's own 40 MB of code, which runs faster from a few large pages of memory. */
export const nodeFlags = ['--use-largepages=silent'];

/**
 * Starts a service's `main.ts` as a process of its own and waits until it listens; its metrics are at any free port.
 * `root` is where its code is, if not here; `flags` are Node's.
 */
export async function startService(
  service: ServiceName,
  at: { port: number; env: Record<string, string>; logFolder: string; root?: string; flags?: string[] },
): Promise<LocalProcess> {
  return await startProcess({
    name: service,
    command: process.execPath,
    args: [...(at.flags ?? nodeFlags), join(at.root ?? root, 'services', service, 'main.ts')],
    env: { METRICS_PORT: '0', ...at.env, PORT: String(at.port), HOST: '127.0.0.1' },
    logFile: join(at.logFolder, `${service}.log`),
    isReady: answers(`http://127.0.0.1:${at.port}${pathTable[service].prefix}/live`),
    isBackground: service === 'persistence',
  });
}

/** Starts one of the scripts beside this one as a process; `readyUrl` answers 200 once it does its work. */
export async function startScript(
  name: string,
  at: { env: Record<string, string>; readyUrl: string; logFolder: string; isBackground?: boolean },
): Promise<LocalProcess> {
  return await startProcess({
    name,
    command: process.execPath,
    args: [join(import.meta.dirname, `run-${name}.ts`)],
    env: at.env,
    logFile: join(at.logFolder, `${name}.log`),
    isReady: answers(at.readyUrl),
    isBackground: at.isBackground ?? false,
  });
}
