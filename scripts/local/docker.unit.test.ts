import { expect, it } from 'vitest';
import { bindAddress, commandLine, hostAddress } from './docker.ts';

const at = { folder: '/data', port: 8000 };

it('runs a program of this machine directly, on loopback', () => {
  const server = { command: '/usr/sbin/nginx' };
  expect(commandLine(server, server.command, ['-v'], at)).toEqual({ command: '/usr/sbin/nginx', args: ['-v'] });
  expect([bindAddress(server), hostAddress(server)]).toEqual(['127.0.0.1', '127.0.0.1']);
});

it("publishes a container's port only on loopback, and names the host for it", () => {
  const server = { command: 'nginx', docker: 'nginx:1' };
  const { command, args } = commandLine(server, 'nginx', ['-v'], at);
  expect(`${command} ${args.join(' ')}`).toMatch(
    /^docker run --rm --init --user \d+:\d+ --volume \/data:\/data --publish 127\.0\.0\.1:8000:8000 --entrypoint nginx nginx:1 -v$/,
  );
  expect([bindAddress(server), hostAddress(server)]).toEqual(['0.0.0.0', 'host.docker.internal']);
});

it("makes a container on the host's network listen on loopback, and publishes nothing", () => {
  const server = { command: 'nginx', docker: 'nginx:1', network: 'host' as const };
  const line = commandLine(server, 'nginx', ['-v'], at).args.join(' ');
  expect(line).toContain(' --network host ');
  expect(line).not.toContain('--publish');
  expect([bindAddress(server), hostAddress(server)]).toEqual(['127.0.0.1', '127.0.0.1']);
});
