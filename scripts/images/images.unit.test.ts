import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathTable } from '../../services/shared/http/path-table.ts';
import { nodeFlags } from '../local/services.ts';
import { buildContext } from './build-context.ts';
import { describeImage, root } from './image.ts';

const services = Object.keys(pathTable);
const images = Object.fromEntries([
  ...services.map((service) => [service, describeImage('service', { SERVICE: service })] as const),
  ...['operations', 'local'].map((target) => [target, describeImage(target)] as const),
]);
const imageOf = (name: string) => images[name] ?? expect.fail(`There is no image ${name}`);

describe('the build context', () => {
  it('contains no tests, no settings, and nothing installed or generated', () => {
    const context = buildContext(root);
    expect(context).toContain('services/shared/inventory/lua/lib/seats.lua');
    expect(
      context.filter((file) => /\.test\.ts$|(^|\/)(\.|node_modules|coverage|infra|postman|scripts\/testing)/.test(file)),
    ).toEqual([]);
  });

  it.each(['node_modules', '.git', '.local', 'coverage', '.env'])('would not let %s through', (name) => {
    const ignored = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    expect(ignored).toContain('*');
    expect(ignored.filter((line) => line.startsWith(`!${name}`))).toEqual([]);
  });
});

describe.each(Object.entries(images))('the image %s', (_name, { user, files }) => {
  it('runs as a user other than root, given by number', () => {
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('declares its files as ES modules', () => {
    expect(files.get('/app/package.json')).toBe('package.json');
  });
});

describe.each(services)('the image of the %s service', (service) => {
  const { command, workdir, healthcheck, env, files } = imageOf(service);

  it('has only that service, the shared code and the production packages', () => {
    expect(new Set([...files.keys()].map((file) => file.split('/').slice(0, 4).join('/')))).toEqual(
      new Set(['/app/package.json', '/app/services/shared', `/app/services/${service}`]),
    );
    expect(imageOf(service).packages).toBe('/app/node_modules');
  });

  it('starts its main.ts without a shell, which would not forward SIGTERM', () => {
    expect([workdir, command]).toEqual([`/app/services/${service}`, ['node', ...nodeFlags, 'main.ts']]);
    expect(files.get(`${workdir}/main.ts`)).toBe(`services/${service}/main.ts`);
  });

  it('checks its health with a program that it contains', () => {
    expect([healthcheck, env.SERVICE]).toEqual([['node', '../shared/http/probe.ts'], service]);
    expect(files.get(join(workdir, healthcheck[1] ?? ''))).toBe('services/shared/http/probe.ts');
  });
});

it('images have the same version of Node as the project', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toContain(`ARG NODE_IMAGE=node:${devDependencies.node}-bookworm-slim\n`);
});
