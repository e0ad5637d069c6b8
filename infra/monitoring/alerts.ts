import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export type Alert = {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
};

/** A file of this folder. */
export const readYaml = <T>(file: string): T => parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

export const alerts = readYaml<{ groups: { rules: Alert[] }[] }>('alerts.yml').groups.flatMap(({ rules }) => rules);

/** What an alert's expression compares with at its end. */
export const thresholdOf = ({ expr }: Alert) => Number(/> ([\d.]+)$/.exec(expr)?.[1]);
