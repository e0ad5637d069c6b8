import { execSync } from 'node:child_process';
import { newCommand } from './terminal/command.ts';

const here = { stdio: 'inherit' } as const;

/** Development tasks without arguments. The command lines are literals, so that knip sees which programs are used. */
const tasks: Record<string, { description: string; run(): void }> = {
  check: {
    description:
      'Checks format, style and imports, type-checks, finds dead code, and runs the unit tests. Stops at the first failure.',
    run() {
      execSync('biome check --error-on-warnings .', here);
      execSync('oxlint --type-aware --deny-warnings', here);
      execSync('depcruise --output-type err-long services scripts infra migrations postman', here);
      execSync('tsc', here);
      execSync('tsc -p services/query/ops/page', here);
      execSync('tsc -p services/accounts/page', here);
      execSync('tsc -p services/checkout/page', here);
      execSync('knip', here);
      execSync('vitest --config scripts/testing/vitest.config.ts run --project unit', here);
    },
  },
  fix: {
    description: 'Formats the code and applies safe lint fixes.',
    run() {
      execSync('biome check --write .', here);
    },
  },
  dashboard: {
    description: 'Writes the Grafana dashboard (infra/monitoring/dashboard.json) from the panels in panels.ts.',
    run() {
      execSync('vitest --config scripts/testing/vitest.config.ts run --project unit infra/monitoring/dashboard --update', here);
    },
  },
  imports: {
    description: 'Draws the imports between folders in .github/CONTRIBUTING.md.',
    run() {
      execSync('vitest --config scripts/testing/vitest.config.ts run --project unit scripts/imports --update', here);
    },
  },
  'event-schema': {
    description: 'Writes the JSON Schema of event files (scripts/demo/event.schema.json) from the schema in the code.',
    run() {
      execSync('vitest --config scripts/testing/vitest.config.ts run --project unit inventory/plan/event-file --update', here);
    },
  },
  schema: {
    description: 'Writes migrations/schema.sql: the schema after all migrations.',
    run() {
      execSync('vitest --config scripts/testing/vitest.config.ts run --project stores migrations --update', here);
    },
  },
};

const [name = '', ...args] = process.argv.slice(2);
const task = tasks[name];
if (!task) throw new Error(`There is no task "${name}"; the tasks are ${Object.keys(tasks).join(', ')}`);
newCommand(name, task.description).parse(args, { from: 'user' });
try {
  task.run();
} catch (error) {
  // The program itself has printed the error.
  process.exitCode = (error as { status?: number }).status ?? 1;
}
