import type { Construct } from 'constructs';
import type { Environment, EnvironmentSettings } from '../settings.ts';

/** What every part of a stack is given. */
export type Context = {
  scope: Construct;
  environment: Environment;
  /** Begins the name of everything: onsale-dev, say. */
  name: string;
  settings: EnvironmentSettings;
};
