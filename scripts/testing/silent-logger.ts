import { createLogger } from '../../services/shared/telemetry/logger.ts';

export const silentLogger = createLogger('test', 'silent');
