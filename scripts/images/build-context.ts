import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Skipped, because they have more files than everything else. A test ensures that .dockerignore lets none of them through. */
const large = new Set(['node_modules', '.git', '.local', 'coverage']);

/** The files below `root` that .dockerignore lets through, as relative paths. */
export function buildContext(root: string): string[] {
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isLetThrough: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '')) }));
  return filesBelow(root, '').filter((file) => isLetThrough(rules, file));
}

type Rule = { isLetThrough: boolean; pattern: RegExp };

/** Supports the part of Docker's pattern syntax (https://docs.docker.com/build/concepts/context/#syntax) that the file uses. */
const patternOf = (line: string) =>
  new RegExp(
    `^${line
      .replaceAll('.', '\\.')
      .replaceAll('**/', '(?:.+/)?')
      .replace(/\*(?!\*)/g, '[^/]*')}$`,
  );

/** The last rule that matches the path or one of its parent folders decides. */
function isLetThrough(rules: Rule[], path: string): boolean {
  const names = path.split('/');
  const paths = names.map((_name, at) => names.slice(0, at + 1).join('/'));
  return rules.findLast(({ pattern }) => paths.some((each) => pattern.test(each)))?.isLetThrough ?? true;
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return large.has(entry.name) ? [] : filesBelow(root, path);
    return [path];
  });
}
