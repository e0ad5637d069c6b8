/** The topic and queues, as infrastructure code and the local emulator both make them. */
export const messaging = {
  topic: 'ticket-events',
  queue: 'ticket-sql',
  deadLetterQueue: 'ticket-sql-dead-letters',
  /** Deliveries of a message that no worker acknowledged, before SQS itself gives it up to the dead-letter queue. */
  maxReceiveCount: 10,
  /** Long enough to notice, and to come back to work and look. */
  deadLetterRetentionSeconds: 14 * 24 * 3_600,
} as const;
