import { join, relative } from 'node:path';
import { App } from 'cdktf';
import { newCommand } from '../scripts/terminal/command.ts';
import { environments, readSettings } from './settings.ts';
import { createStacks } from './stacks.ts';

newCommand('synth', 'Writes the Terraform configuration to infra/cdktf.out, from the settings in infra/environments.').parse();

const outdir = join(import.meta.dirname, 'cdktf.out');
try {
  const app = new App({ outdir });
  for (const environment of environments) createStacks(app, environment, readSettings(environment));
  app.synth();
  for (const { node } of app.node.children) console.log(relative('.', join(outdir, 'stacks', node.id)));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
