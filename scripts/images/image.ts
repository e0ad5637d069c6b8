import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildContext } from './build-context.ts';
import { type Instruction, instructionsUpTo, readStages } from './dockerfile.ts';

export const root = join(import.meta.dirname, '../..');

/** The image that the Dockerfile builds for a target. Paths are inside the image. */
export type Image = {
  user: string;
  workdir: string;
  command: string[];
  healthcheck: string[];
  env: Record<string, string>;
  /** The project's files: path in the image to path in the project. */
  files: Map<string, string>;
  /** The folder of the production packages, if any. */
  packages: string | undefined;
};

/** Describes the image of a Dockerfile target from its COPY instructions and settings. The effects of RUN are not included. */
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

/** Copies an image's files to `folder`, laid out as in the image's root, without its packages. */
export function layOut(image: Image, folder: string): void {
  for (const [to, from] of image.files) {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(join(root, from), join(folder, to));
  }
}

/** Lays out the production packages in `folder`/node_modules. */
export function layOutPackages(folder: string): void {
  for (const name of productionPackages()) linkFolder(join(root, 'node_modules', name), join(folder, 'node_modules', name));
}

/** The packages that "npm ci --omit=dev" installs at the top level; nested ones lie inside them. */
function productionPackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(packages).flatMap(([path, { dev }]) => {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    return name === undefined || dev ? [] : [name];
  });
}

/** Uses hard links instead of copies, because there are some ten thousand files. */
function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) linkFolder(join(from, entry.name), join(to, entry.name));
    else linkSync(join(from, entry.name), join(to, entry.name));
  }
}
