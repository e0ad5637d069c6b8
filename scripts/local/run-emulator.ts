import { subscribe } from 'node:diagnostics_channel';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance, FastifyListenOptions } from 'fastify';
import { startFauxqs } from 'fauxqs';
import { emulatorResources } from './emulator.ts';
import { refusalOf } from './emulator-guard.ts';

/**
 * The SNS and SQS emulator as a process. It listens on PORT of HOST, or of loopback, and serves requests for loopback and for the
 * host SERVER_NAME. With DATA_DIR its queues outlive it.
 */
const { PORT, HOST: host = '127.0.0.1', SERVER_NAME, DATA_DIR } = process.env;
const names = ['127.0.0.1', 'localhost', ...(SERVER_NAME ? [SERVER_NAME] : [])];

// fauxqs listens on all addresses and serves anybody. It has no settings for that, but Fastify announces each server that is made.
subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance };
  const listen = fastify.listen.bind(fastify);
  Object.assign(fastify, { listen: (options: FastifyListenOptions) => listen({ ...options, host }) });
  fastify.addHook('onRequest', async ({ url, headers }, reply) => {
    const refusal = refusalOf({ path: url, headers }, names);
    if (refusal !== undefined) await reply.code(403).send({ message: refusal });
  });
});

const server = await startFauxqs({
  port: Number(PORT),
  logger: false,
  init: emulatorResources,
  ...(DATA_DIR && { dataDir: DATA_DIR }),
});
closeWithGrace(() => server.stop());
