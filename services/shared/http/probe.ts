import { pathTable, type ServiceName } from './path-table.ts';

// The health check inside a container: exits with 0 if the service named by SERVICE answers at its …/live, else with another code.
const { SERVICE, PORT } = process.env;
const { prefix, port } = pathTable[SERVICE as ServiceName];
const { ok } = await fetch(`http://127.0.0.1:${PORT || port}${prefix}/live`, { signal: AbortSignal.timeout(2_000) });
if (!ok) process.exitCode = 1;
