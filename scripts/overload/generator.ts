import { type Flood, type FloodResult, flood } from './flood.ts';

export type Told = FloodResult | { kind: 'over' };

// A separate process, as in scripts/load/generator.ts. On disconnect, the parent is gone or has its result.
process.once('disconnect', () => process.exit());
process.once('message', (asked: Flood) => void floodAndTell(asked));

async function floodAndTell(asked: Flood): Promise<void> {
  const tell = (told: Told, then = () => {}) => process.send?.(told, then);
  tell(await flood(asked, () => tell({ kind: 'over' })), () => process.disconnect());
}
