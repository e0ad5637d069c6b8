import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { findBinary } from '../local/find-binary.ts';

/** The behaviour of a stubbed command: its output, or its exit code and outputs. */
export type Answer = string | { code: number; err?: string; out?: string };

/** Answers to command lines that start with `command` (`*` matches anything). Answers come in turn; the last one is repeated. */
export type Answers = [command: string, ...answers: Answer[]][];

export type Outcome = { code: number; output: string; calls: string[]; stdin: string };

/** The only other programs that the scripts may use. */
const realTools = ['bash', 'cat', 'cut', 'date', 'dirname', 'grep', 'head', 'mktemp', 'node', 'rm'];

const root = join(import.meta.dirname, '../..');

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

function answerScript(answer: Answer): string {
  const { out, err = '', code } = typeof answer === 'string' ? { out: answer, code: 0 } : { out: '', ...answer };
  return `printf '%s' ${quoted(out)}; printf '%s' ${quoted(err)} >&2; exit ${code}\n`;
}

/**
 * A stub in sh, which starts in a millisecond. Records its command line and any password on its input. Answers by the first rule
 * that matches, or fails.
 */
function stubScript(folder: string, answers: Answers): string {
  const rules = answers.map(([command], rule) => `${command.split('*').map(quoted).join('*')}*) rule=${rule} ;;`);
  return `#!/bin/sh
call="\${0##*/} $*"
printf '%s\\n' "$call" >>${folder}/calls
case $call in *--password-stdin*) cat >>${folder}/stdin ;; esac
case $call in
${rules.join('\n')}
*) echo "no answer to: $call" >&2; exit 99 ;;
esac
count=0
[ ! -e ${folder}/count-$rule ] || read -r count <${folder}/count-$rule
count=$((count + 1))
echo $count >${folder}/count-$rule
[ -e ${folder}/answer-$rule-$count ] || count=last
. ${folder}/answer-$rule-$count
`;
}

/**
 * Runs a script in `scripts/` with stubs for `tools`. Its PATH has nothing else but basic programs, so it cannot reach any
 * account. Returns its output, the stubs' command lines in order, and the password that one of them read.
 */
export async function runStubbed(script: string, args: string[], tools: string[], answers: Answers): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'onsale-stubs-'));
  try {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of realTools) {
      const path = name === 'node' ? process.execPath : await findBinary(name);
      if (path === undefined) throw new Error(`${name} is not on the PATH`);
      symlinkSync(path, join(bin, name));
    }
    for (const [rule, [, ...inTurn]] of answers.entries()) {
      for (const [at, answer] of inTurn.entries()) writeFileSync(join(folder, `answer-${rule}-${at + 1}`), answerScript(answer));
      writeFileSync(join(folder, `answer-${rule}-last`), answerScript(inTurn.at(-1) ?? ''));
    }
    for (const name of tools) {
      const path = join(bin, name);
      writeFileSync(path, stubScript(folder, answers));
      chmodSync(path, 0o755);
    }
    writeFileSync(join(folder, 'calls'), '');
    writeFileSync(join(folder, 'stdin'), '');
    const env = { PATH: bin, HOME: folder, TMPDIR: folder, AWS_REGION: 'eu-north-1' };
    const options = { env, extendEnv: false, cwd: tmpdir(), all: true, stripFinalNewline: false, reject: false } as const;
    const { exitCode, all, message } = await execa(join(root, script), args, options);
    if (exitCode === undefined) throw new Error(message);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { code: exitCode, output: all, calls: read('calls').split('\n').slice(0, -1), stdin: read('stdin') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
