import { existsSync } from 'node:fs';

// Imported for its effect: takes the settings that the environment lacks from a `.env` in the current folder.
if (existsSync('.env')) process.loadEnvFile('.env');
