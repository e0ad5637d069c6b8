import { join } from 'node:path';

/** The folder for the data, logs and reports of what runs on this machine. */
export const localFolder = join(import.meta.dirname, '../../.local');
