import type { Construct } from 'constructs';
import type { Environment, EnvironmentSettings } from '../settings.ts';

/** Passed to every part of a stack. */
export type Context = {
  scope: Construct;
  environment: Environment;
  /** The prefix of all names, such as onsale-dev. */
  name: string;
  settings: EnvironmentSettings;
};
