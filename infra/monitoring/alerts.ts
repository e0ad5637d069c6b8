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

/** Reads a YAML file in this folder. */
export const readYaml = <T>(file: string): T => parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

export const alerts = readYaml<{ groups: { rules: Alert[] }[] }>('alerts.yml').groups.flatMap(({ rules }) => rules);

/** The number at the end of an alert's expression, to which it compares. */
export const thresholdOf = ({ expr }: Alert) => Number(/> ([\d.]+)$/.exec(expr)?.[1]);
