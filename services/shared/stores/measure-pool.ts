import { Gauge } from 'prom-client';
import type { Registry } from '../telemetry/metrics.ts';
import type { PoolUse } from './database.ts';

/** Publishes how a pool's connections are used, with the metric names of OpenTelemetry's semantic conventions for databases. */
export function measurePool(readUse: () => PoolUse, registry: Registry): void {
  const registers = [registry];
  const connections = new Gauge({
    name: 'db_client_connection_count',
    help: 'Connections to MySQL, by state.',
    labelNames: ['state'],
    registers,
    collect() {
      const { used, idle } = readUse();
      connections.set({ state: 'used' }, used);
      connections.set({ state: 'idle' }, idle);
    },
  });
  const max: Gauge = new Gauge({
    name: 'db_client_connection_max',
    help: 'Maximum number of connections to MySQL from this process.',
    registers,
    collect: () => max.set(readUse().max),
  });
  const pending: Gauge = new Gauge({
    name: 'db_client_connection_pending_requests',
    help: 'Callers that wait for a connection to MySQL.',
    registers,
    collect: () => pending.set(readUse().waiting),
  });
}
