import './local/env-file.ts';
import { localAdmin } from './local/local-admin.ts';
import { localFolder } from './local/local-folder.ts';
import { defaultPorts } from './local/ports.ts';
import { secretsOf } from './local/secrets.ts';
import { stopWith } from './local/stop.ts';
import { newCommand } from './terminal/command.ts';

newCommand('start', 'Runs the whole system on this machine until Ctrl-C, with its data in .local/.').parse();
const resources = new AsyncDisposableStack();
const { stop, isStopping, say } = stopWith(resources, {
  exitCode: 0,
  onSignal: () => say('Stopping. The data stays in .local/. Press Ctrl-C again to kill whatever is still running.'),
});

try {
  say('Starting …');
  // Loaded only now, so that --help is answered immediately.
  const { startDefaultSystem } = await import('./local/default-system.ts');
  const { needed } = await startDefaultSystem({ resources, say });
  say(readyText());
  const gone = await Promise.race(needed.map((process) => process.exited.then(() => process)));
  if (!isStopping()) throw new Error(`${gone.name} ended unexpectedly, so everything else is stopped too; ${gone.lastWords()}`);
} catch (error) {
  if (!isStopping()) {
    console.error((error as Error).message);
    await stop(1);
  }
}
function readyText(): string {
  const { email, password } = localAdmin(localFolder);
  const at = `http://localhost:${defaultPorts['load-balancer']}`;
  return `
Onsale is ready at ${at}. Try, in another terminal:

  curl -i ${at}/purchase/api/v1/tickets -H 'content-type: application/json' \\
    -d '{"venueId":"Venue1","eventId":"Event1","zoneId":1,"row":"A","column":"1"}'
  curl ${at}/purchase/api/v1/orders -H 'content-type: application/json' \\
    -d '{"eventId":"Event1","zoneId":2,"quantity":4}'
  curl ${at}/purchase/api/v1/orders -H 'content-type: application/json' \\
    -d '{"eventId":"Rosenkavalier","zoneId":1,"quantity":2,"ticketTypes":{"adult":1,"child":1}}'
  curl ${at}/query/api/v1/tickets/count/Event1
  curl ${at}/query/api/v1/tickets/revenue/Venue1/Event1
  curl '${at}/query/api/v1/events/Event1/zones/2/seats?form=rows'
  npm run onsale -- show Rosenkavalier

Tickets of Winterreise have to be paid: ${at}/ shows how, and payments wait at http://localhost:${defaultPorts.payments}

The operator's page: ${at}/query/ops#token=${secretsOf(localFolder).OPS_TOKEN}
The admin of these events: ${email}, password ${password}; signs in at ${at}/query/ops
The APIs: ${at}/purchase/docs, ${at}/query/docs, ${at}/accounts/docs, ${at}/catalogue/docs and ${at}/checkout/docs
Mails, which stay on this machine: http://localhost:${defaultPorts.mailbox}
To sign in with a local OpenID provider, as anybody: ${at}/accounts/oidc/local/start
Logs are in .local/log. Ctrl-C stops everything.`;
}
