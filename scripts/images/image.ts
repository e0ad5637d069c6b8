import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildContext } from './build-context.ts';
import { type Instruction, instructionsUpTo, readStages } from './dockerfile.ts';

export const root = join(import.meta.dirname, '../..');

/** What the Dockerfile makes of a target. Paths are those in the image. */
export type Image = {
  user: string;
  workdir: string;
  command: string[];
  healthcheck: string[];
  env: Record<string, string>;
  /** The project's files, each by its path in the image, with where it comes from in the project. */
  files: Map<string, string>;
  /** Where the packages that production needs are, or undefined. */
  packages: string | undefined;
};

/** The image of a target of the Dockerfile, as far as that says it in COPY and settings; what RUN does is not in it. */
export function describeImage(target: string, buildArguments: Record<string, string> = {}): Image {
  const instructions = instructionsUpTo(readStages(readFileSync(join(root, 'Dockerfile'), 'utf8')), target);
  const image: Image = {
    user: 'root',
    workdir: '/',
    command: [],
    healthcheck: [],
    env: {},
    files: new Map(),
    packages: undefined,
  };
  const context = buildContext(root);
  for (const { name, args } of instructions) follow(image, { name, args: withArguments(args, buildArguments) }, context);
  return image;
}

const withArguments = (text: string, given: Record<string, string>) =>
  text.replace(/\$(?:(\w+)|\{(\w+)[^}]*\})/g, (_whole, name, inBraces) => given[name ?? inBraces] ?? '');

function follow(image: Image, { name, args }: Instruction, context: string[]): void {
  const inImage = (path: string) => resolve(image.workdir, path);
  if (name === 'USER') image.user = args;
  if (name === 'WORKDIR') image.workdir = inImage(args);
  if (name === 'CMD') image.command = JSON.parse(args);
  if (name === 'HEALTHCHECK') image.healthcheck = JSON.parse(args.slice(args.indexOf('CMD ') + 4));
  if (name === 'ENV') {
    const [setting = '', value = ''] = args.split('=');
    image.env[setting] = value;
  }
  if (name !== 'COPY') return;
  const paths = args.split(' ');
  const to = paths.pop() ?? '';
  if (paths[0] === '--from=dependencies') {
    image.packages = inImage(to);
    return;
  }
  for (const from of paths) {
    for (const file of context) {
      if (file === from) image.files.set(inImage(to.endsWith('/') ? join(to, from) : to), file);
      if (file.startsWith(`${from}/`)) image.files.set(inImage(to + file.slice(from.length)), file);
    }
  }
}

/** Lays an image's files out in `folder`, as they would be in its root; without its packages. */
export function layOut(image: Image, folder: string): void {
  for (const [to, from] of image.files) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(join(root, from), join(folder, to));
  }
}

/** Lays the packages of production out in `folder`/node_modules. */
export function layOutPackages(folder: string): void {
  for (const name of productionPackages()) linkFolder(join(root, 'node_modules', name), join(folder, 'node_modules', name));
}

/** What "npm ci --omit=dev" installs, but for what lies in a package itself. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(packages).flatMap(([path, { dev }]) => {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    return name === undefined || dev ? [] : [name];
  });
}

/** The same files, not copies: there are some ten thousand. */
function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFolder(join(from, entry.name), join(to, entry.name));
    else linkSync(join(from, entry.name), join(to, entry.name));
  }
}
