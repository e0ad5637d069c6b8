import type { Stores } from '../system.ts';

/** What the routes work with. `wakeJobs` is called when there is a new job. */
export type RouteDependencies = Stores & { wakeJobs: () => void };
