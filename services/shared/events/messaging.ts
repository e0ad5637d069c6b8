/** The topics and queues that both the infrastructure code and the local emulator create. */
export const messaging = {
  topic: 'ticket-events',
  queue: 'ticket-sql',
  deadLetterQueue: 'ticket-sql-dead-letters',
  checkoutTopic: 'checkout-events',
  workQueue: 'checkout-work',
  workDeadLetterQueue: 'checkout-work-dead-letters',
  /** After this many deliveries without an acknowledgement, SQS itself moves a message to the dead-letter queue. */
  maxReceiveCount: 10,
  /** SQS's limit in bytes for a message with its attributes, and for a batch (since August 2025; before, 256 KiB). */
  maxMessageBytes: 1_048_576,
  /** Long enough for somebody to notice and, after a holiday, to look into it. */
  deadLetterRetentionSeconds: 14 * 24 * 3_600,
} as const;
