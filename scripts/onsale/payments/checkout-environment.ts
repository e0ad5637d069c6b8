import type { Environment } from '../../../services/shared/process/config.ts';
import { counterpartEnvironment, counterpartsAt, realPayments } from '../../local/counterpart-settings.ts';
import { localFolder } from '../../local/local-folder.ts';
import { whoseSystem } from '../../local/named-system.ts';
import { addressesAt, defaultPorts } from '../../local/ports.ts';
import { secretsOf } from '../../local/secrets.ts';

/**
 * The settings of the checkout service: the environment's; or those of "npm start", if the environment names no system. It too asks the real
 * providers for which the environment has keys.
 */
export function checkoutEnvironment(environment: Environment = process.env, ports = defaultPorts): Environment {
  if (whoseSystem(['db'], ports, environment) === 'named') return environment;
  const { publicOrigin, purchaseUrl } = addressesAt(ports);
  return {
    ...counterpartEnvironment(counterpartsAt(ports)),
    ...realPayments(environment),
    ...secretsOf(localFolder),
    ...{ PUBLIC_ORIGIN: publicOrigin, PURCHASE_URL: purchaseUrl },
  };
}
