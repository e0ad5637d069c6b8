import { createLogger } from '../../services/shared/logger.ts';

export const silentLogger = createLogger('test', 'silent');
