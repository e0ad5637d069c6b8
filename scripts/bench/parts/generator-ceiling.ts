import { newEvent, purchasesOf } from '../event.ts';
import { connections, figuresOf, runAcceptedLoad } from '../load.ts';
import type { PartContext, Report } from '../report.ts';
import { alternate, medianOf } from '../rounds.ts';
import { startBenchServer } from '../system.ts';
import { hall } from './purchase-against-floor.ts';

const requests = 30_000;
const rounds = 3;

/** The most requests a second that the load generator can send, measured against a server that answers immediately. */
export async function generatorCeiling({ bench, resources, say }: PartContext): Promise<Report> {
  const responder = await startBenchServer(bench, import.meta.resolve('../responder.ts'), resources);
  const responds = async () => {
    const bodies = purchasesOf(newEvent(hall), requests);
    return figuresOf(await runAcceptedLoad({ url: `${responder.url}/tickets`, bodies, connections }));
  };
  const { generator } = await alternate({ generator: responds }, rounds, say);
  return {
    rows: [
      {
        what: 'load generator against a server that answers immediately',
        value: medianOf(generator, 'perSecond'),
        unit: 'requests/s',
      },
    ],
    notes: [],
    rounds: { generator },
  };
}
