import closeWithGrace from 'close-with-grace';
import { startFauxqs } from 'fauxqs';
import { emulatorResources } from './emulator.ts';

/** The SNS and SQS emulator as a process: PORT, and DATA_DIR where its queues are to outlive it. */
const { PORT, DATA_DIR } = process.env;

const server = await startFauxqs({
  port: Number(PORT),
  logger: false,
  init: emulatorResources,
  ...(DATA_DIR && { dataDir: DATA_DIR }),
});
closeWithGrace(() => server.stop());
