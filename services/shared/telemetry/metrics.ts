import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, type PrometheusContentType } from 'prom-client';

/** A service's metrics. Names and units follow Prometheus' and OpenTelemetry's conventions. */
export type Metrics = ReturnType<typeof createMetrics>;

export type Registry = AggregatorRegistry<PrometheusContentType>;

/** Creates a registry with Node's own metrics. Metrics added by these functions are read only when scraped. */
export function createMetrics() {
  const registry: Registry = new AggregatorRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  return {
    registry,

    /** A figure from a store, which is the same in every process; NaN if it cannot be read. */
    gaugeOfStore(name: string, help: string, read: () => Promise<number>): void {
      const collect = async () => gauge.set(await read().catch(() => Number.NaN));
      const gauge: Gauge = new Gauge({ name, help, registers, collect, aggregator: 'max' });
    },

    gaugeOfProcess(name: string, help: string, read: () => number): void {
      const gauge: Gauge = new Gauge({ name, help, registers, collect: () => gauge.set(read()) });
    },

    /** `read` returns the count since the process started or, with `label`, the counts by the label's values. */
    counterOfProcess(name: string, help: string, read: () => number | Iterable<[string, number]>, label = ''): void {
      const collect = () => {
        counter.reset();
        const counted = read();
        if (typeof counted === 'number') counter.inc(counted);
        else for (const [value, count] of counted) counter.inc({ [label]: value }, count);
      };
      const counter: Counter = new Counter({ name, help, registers, collect, labelNames: label === '' ? [] : [label] });
    },
  };
}
