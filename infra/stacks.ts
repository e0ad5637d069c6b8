import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { RandomProvider } from '@cdktf/provider-random/lib/provider/index.js';
import { type App, LocalBackend, S3Backend, TerraformStack } from 'cdktf';
import { createRegistry } from './registry.ts';
import type { Environment, EnvironmentSettings } from './settings.ts';
import { createSystem } from './system.ts';

/** Creates an environment's two stacks, such as registry-dev and system-dev. */
export function createStacks(app: App, environment: Environment, settings: EnvironmentSettings): void {
  const name = `onsale-${environment}`;
  const createStack = (part: 'registry' | 'system') => {
    const scope = new TerraformStack(app, `${part}-${environment}`);
    const defaultTags = [{ tags: { Project: 'onsale', Environment: environment } }];
    new AwsProvider(scope, 'aws', { region: settings.region, defaultTags });
    // The state is kept beside the settings, because the synthesised files may be deleted at any time.
    if (!settings.state) new LocalBackend(scope, { path: `../../../${part}-${environment}.tfstate` });
    else {
      new S3Backend(scope, { ...settings.state, key: `${name}/${part}.tfstate`, encrypt: true });
      // The bindings predate this setting (Terraform 1.10).
      scope.addOverride('terraform.backend.s3.use_lockfile', true);
    }
    return { scope, environment, name, settings };
  };
  createRegistry(createStack('registry'));
  const system = createStack('system');
  new RandomProvider(system.scope, 'random');
  createSystem(system);
}
