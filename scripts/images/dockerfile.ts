export type Instruction = { name: string; args: string };

/** A stage of a Dockerfile: its base stage or image, and its own instructions. */
export type Stage = { base: string; instructions: Instruction[] };

/** The stages of a Dockerfile by name, in order. */
export function readStages(dockerfile: string): Map<string, Stage> {
  const stages = new Map<string, Stage>();
  let current: Stage | undefined;
  for (const { name, args } of instructionsOf(dockerfile)) {
    const [, base = '', stage = ''] = (name === 'FROM' && /^(?:--platform=\S+ )?(\S+) AS (\S+)$/.exec(args)) || [];
    if (stage) {
      current = { base, instructions: [] };
      stages.set(stage, current);
    } else current?.instructions.push({ name, args });
  }
  return stages;
}

function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line) => {
    const [, name = '', args = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    return { name, args };
  });
}

/** All instructions that build a stage, in order: those of its base stages, then its own. */
export function instructionsUpTo(stages: Map<string, Stage>, name: string): Instruction[] {
  const stage = stages.get(name);
  return stage ? [...instructionsUpTo(stages, stage.base), ...stage.instructions] : [];
}
