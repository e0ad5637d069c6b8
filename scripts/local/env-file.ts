import { existsSync } from 'node:fs';

// Imported for its effect: what a `.env` in the current folder sets, where the environment does not set it already.
if (existsSync('.env')) process.loadEnvFile('.env');
