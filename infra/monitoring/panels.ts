/** `alertsAbove` draws a line at the threshold of an alert in alerts.yml. `says` is the panel's description. */
export type Panel = {
  title: string;
  unit: string;
  queries: [expression: string, legend: string][];
  says?: string;
  alertsAbove?: number;
};

const rate = (metric: string) => `rate(${metric}[$__rate_interval])`;
const sum = (of: string, by?: string) => (by ? `sum by (${by}) (${of})` : `sum(${of})`);
const perSecond = (metric: string, by?: string) => sum(rate(metric), by);
const mean = (histogram: string, by?: string) => `${perSecond(`${histogram}_sum`, by)} / ${perSecond(`${histogram}_count`, by)}`;
const quantile = (share: number, histogram: string, by?: string) =>
  `histogram_quantile(${share}, ${sum(rate(`${histogram}_bucket`), by ? `${by}, le` : 'le')})`;
/** A store's figure, which is the same in every process. */
const ofStore = (metric: string) => `max(${metric})`;

const requests = 'http_server_request_duration_seconds';
const process = '{{job}} {{instance}}';

/** The dashboard: rows of panels, from the buyers' requests to the projection. */
export const rows: [title: string, panels: Panel[]][] = [
  [
    'Requests',
    [
      { title: 'Requests', unit: 'reqps', queries: [[perSecond(`${requests}_count`, 'http_route'), '{{http_route}}']] },
      {
        title: 'Server errors',
        unit: 'reqps',
        queries: [
          [
            perSecond(`${requests}_count{http_response_status_code=~"5.."}`, 'http_route, http_response_status_code'),
            '{{http_response_status_code}} {{http_route}}',
          ],
        ],
      },
      {
        title: 'p99 of requests',
        unit: 's',
        queries: [[quantile(0.99, requests, 'http_route'), '{{http_route}}']],
        alertsAbove: 2,
      },
    ],
  ],
  [
    'Accounts and catalogue',
    [
      {
        title: 'Requests by service',
        unit: 'reqps',
        queries: [[perSecond(`${requests}_count`, 'job'), '{{job}}']],
      },
      {
        title: 'p99 by service',
        unit: 's',
        queries: [[quantile(0.99, requests, 'job'), '{{job}}']],
        alertsAbove: 5,
      },
      {
        title: 'Server errors by service',
        unit: 'reqps',
        queries: [[perSecond(`${requests}_count{http_response_status_code=~"5.."}`, 'job'), '{{job}}']],
      },
      { title: 'Sign-ins by outcome', unit: 'reqps', queries: [[perSecond('onsale_sign_ins_total', 'outcome'), '{{outcome}}']] },
      {
        title: 'Refresh tokens by outcome',
        says: 'reused: somebody has a copy of a refresh token, and its session was ended.',
        unit: 'reqps',
        queries: [[perSecond('onsale_refreshes_total', 'outcome'), '{{outcome}}']],
      },
      {
        title: 'Passwords waiting to be hashed, and refused',
        says: 'When too many are waiting, further sign-ins are refused immediately with 503.',
        unit: 'short',
        queries: [
          [sum('onsale_password_queue'), 'waiting'],
          [perSecond('onsale_password_refusals_total'), 'refused per second'],
        ],
      },
      {
        title: 'Time to hash a password',
        unit: 's',
        queries: [
          [quantile(0.5, 'onsale_password_hash_seconds'), 'p50'],
          [quantile(0.99, 'onsale_password_hash_seconds'), 'p99'],
        ],
      },
      {
        title: 'Mails by outcome',
        unit: 'cps',
        queries: [[perSecond('onsale_mail_attempts_total', 'outcome'), '{{outcome}}']],
      },
      { title: 'Mails waiting', unit: 'short', queries: [[ofStore('onsale_mails_waiting'), 'mails']] },
      {
        title: 'Mails: age of the oldest',
        unit: 's',
        queries: [[ofStore('onsale_mail_oldest_seconds'), 'oldest']],
        alertsAbove: 600,
      },
      {
        title: 'Cancellations and archivings: age of the oldest',
        unit: 's',
        queries: [[ofStore('onsale_event_jobs_oldest_seconds'), 'oldest']],
        alertsAbove: 1_800,
      },
      {
        title: 'Cancellations and archivings: unfinished',
        unit: 'short',
        queries: [[ofStore('onsale_event_jobs_unfinished'), 'jobs']],
      },
      {
        title: 'Mails: from queueing to sending',
        unit: 's',
        queries: [
          [quantile(0.5, 'onsale_mail_delay_seconds'), 'p50'],
          [quantile(0.99, 'onsale_mail_delay_seconds'), 'p99'],
        ],
      },
    ],
  ],
  [
    'Sales',
    [
      {
        title: 'Tickets per second',
        unit: 'short',
        queries: [
          [perSecond('onsale_tickets_sold_total'), 'sold'],
          [perSecond('onsale_tickets_held_total'), 'held'],
          [perSecond('onsale_tickets_cancelled_total'), 'cancelled'],
        ],
      },
      { title: 'Refusals by code', unit: 'reqps', queries: [[perSecond('onsale_refusals_total', 'code'), '{{code}}']] },
      {
        title: 'Requests beyond a limit',
        unit: 'reqps',
        queries: [[perSecond('onsale_limited_requests_total', 'kind'), '{{kind}}']],
      },
      {
        title: 'Requests waiting for Redis, and requests shed',
        says: 'When too many requests are waiting, further ones are shed: refused immediately with 503.',
        unit: 'short',
        queries: [
          [sum('onsale_purchase_waiting_requests'), 'waiting'],
          [perSecond('onsale_purchase_shed_total'), 'shed per second'],
        ],
      },
      {
        title: 'p99 of Redis scripts',
        unit: 's',
        queries: [[quantile(0.99, 'onsale_script_duration_seconds', 'script'), '{{script}}']],
      },
      {
        title: 'Script calls',
        unit: 'ops',
        queries: [[perSecond('onsale_script_duration_seconds_count', 'script'), '{{script}}']],
      },
      {
        title: 'Commands per call',
        says: 'Commands that arrive while Redis is busy are sent in one call, so this grows with the load.',
        unit: 'short',
        queries: [[mean('onsale_script_commands', 'script'), '{{script}}']],
      },
    ],
  ],
  [
    'Payments',
    [
      {
        title: 'Checkouts by outcome',
        unit: 'reqps',
        queries: [[perSecond('onsale_checkouts_total', 'outcome'), '{{outcome}}']],
      },
      {
        title: 'Checkouts that have not ended, by state',
        says: 'In awaiting_payment the buyer pays; all others should pass within seconds.',
        unit: 'short',
        queries: [['max by (state) (onsale_checkouts)', '{{state}}']],
      },
      {
        title: 'Checkouts: overdue at most',
        says: 'Nobody goes on with a checkout.',
        unit: 's',
        queries: [[ofStore('onsale_checkout_overdue_seconds'), 'overdue']],
        alertsAbove: 300,
      },
      {
        title: 'Sold, but not captured: age of the oldest',
        unit: 's',
        queries: [[ofStore('onsale_capture_oldest_seconds'), 'oldest']],
        alertsAbove: 1_800,
      },
      {
        title: 'p99 of calls to providers',
        unit: 's',
        queries: [[quantile(0.99, 'onsale_provider_request_duration_seconds', 'provider, call'), '{{provider}} {{call}}']],
      },
      {
        title: 'Calls to providers without a good answer',
        says: 'away: no answer; refused: the provider will not do it. A card that is declined is neither.',
        unit: 'reqps',
        queries: [[perSecond('onsale_provider_errors_total', 'provider, kind'), '{{provider}} {{kind}}']],
      },
      {
        title: 'Providers that are not asked any more',
        says: 'Their circuit breaker is open.',
        unit: 'short',
        queries: [[ofStore('onsale_provider_breakers_open'), 'providers']],
      },
      { title: 'Webhooks by outcome', unit: 'reqps', queries: [[perSecond('onsale_webhooks_total', 'outcome'), '{{outcome}}']] },
      {
        title: 'Webhooks: age of the oldest that is not settled',
        unit: 's',
        queries: [[ofStore('onsale_provider_inbox_oldest_seconds'), 'oldest']],
        alertsAbove: 300,
      },
      {
        title: 'Webhooks: not settled, and dead letters',
        unit: 'short',
        queries: [
          [ofStore('onsale_provider_inbox_waiting'), 'not settled'],
          [ofStore('onsale_checkout_dead_letters'), 'dead letters'],
        ],
      },
      {
        title: 'Refunds: on their way, and failed',
        unit: 'short',
        queries: [
          [ofStore('onsale_refunds_moving'), 'on their way'],
          [ofStore('onsale_refunds_failed'), 'failed'],
        ],
      },
      {
        title: 'Refunds: age of the oldest on its way',
        says: 'A bank may take days.',
        unit: 's',
        queries: [[ofStore('onsale_refund_oldest_seconds'), 'oldest']],
      },
      {
        title: 'Outbox of checkout: domain events waiting',
        unit: 'short',
        queries: [[ofStore('onsale_checkout_outbox_events'), 'events']],
      },
      {
        title: 'Outbox of checkout: age of the oldest',
        unit: 's',
        queries: [[ofStore('onsale_checkout_outbox_oldest_seconds'), 'oldest']],
        alertsAbove: 120,
      },
    ],
  ],
  [
    'Outbox and SNS',
    [
      {
        title: 'Outbox: domain events waiting',
        unit: 'short',
        queries: [[ofStore('onsale_outbox_unpublished_events'), 'events']],
        alertsAbove: 50_000,
      },
      {
        title: 'Outbox: age of the oldest',
        says: "The sales of this period would be lost if Redis' memory were lost.",
        unit: 's',
        queries: [[ofStore('onsale_outbox_oldest_seconds'), 'oldest']],
        alertsAbove: 120,
      },
      {
        title: 'SNS: messages and errors',
        unit: 'ops',
        queries: [
          [perSecond('onsale_publish_duration_seconds_count'), 'messages'],
          [perSecond('onsale_publish_errors_total'), 'errors'],
          [perSecond('onsale_publish_refused_total'), 'refused'],
        ],
      },
      {
        title: 'SNS: domain events per message',
        says: 'One in quiet times, hundreds at a peak.',
        unit: 'short',
        queries: [[mean('onsale_publish_events'), 'mean']],
      },
      {
        title: 'SNS: time to publish',
        unit: 's',
        queries: [
          [quantile(0.5, 'onsale_publish_duration_seconds'), 'p50'],
          [quantile(0.99, 'onsale_publish_duration_seconds'), 'p99'],
        ],
      },
    ],
  ],
  [
    'Queue',
    [
      {
        title: 'Queue: messages',
        unit: 'short',
        queries: [
          [ofStore('onsale_queue_messages'), 'waiting'],
          [ofStore('onsale_queue_in_flight_messages'), 'in flight'],
        ],
        alertsAbove: 5_000,
      },
      {
        title: 'Queue: age when received',
        unit: 's',
        queries: [
          [quantile(0.5, 'onsale_queue_age_seconds'), 'p50'],
          [quantile(0.99, 'onsale_queue_age_seconds'), 'p99'],
        ],
        alertsAbove: 120,
      },
      {
        title: 'Dead letters',
        says: 'npm run onsale -- redrive shows the reason for each.',
        unit: 'short',
        queries: [
          [ofStore('onsale_dead_letters'), 'dead letters'],
          [perSecond('onsale_rejected_events_total'), 'rejected per second'],
          [perSecond('onsale_unburied_letters_total'), 'not accepted per second'],
        ],
      },
    ],
  ],
  [
    'Projection',
    [
      {
        title: 'Domain events of unknown types',
        says: 'Published by a newer service; this version of persistence ignores them.',
        unit: 'short',
        queries: [[perSecond('onsale_ignored_events_total'), 'ignored per second']],
      },
      { title: 'Domain events per batch', unit: 'short', queries: [[mean('onsale_batch_events'), 'mean']] },
      {
        title: 'Time per batch',
        unit: 's',
        queries: [
          [quantile(0.5, 'onsale_batch_duration_seconds'), 'p50'],
          [quantile(0.99, 'onsale_batch_duration_seconds'), 'p99'],
        ],
      },
      { title: 'Rows written', unit: 'wps', queries: [[perSecond('onsale_projected_rows_total', 'table'), '{{table}}']] },
      {
        title: 'From sale to commit',
        unit: 's',
        queries: [
          [quantile(0.5, 'onsale_projection_delay_seconds'), 'p50'],
          [quantile(0.99, 'onsale_projection_delay_seconds'), 'p99'],
        ],
      },
      {
        title: 'Projection behind: time',
        unit: 's',
        queries: [[ofStore('onsale_projection_lag_seconds'), 'behind']],
        alertsAbove: 120,
      },
      {
        title: 'Projection behind: domain events',
        unit: 'short',
        queries: [[ofStore('onsale_projection_lag_sequences'), 'sequences']],
      },
      {
        title: 'Conflicts per hour',
        says: 'Second tickets for a seat: sold in two epochs, or a cancellation is still to arrive. npm run onsale -- verify shows which.',
        unit: 'short',
        queries: [[sum('increase(onsale_conflicts_total[1h])'), 'conflicts']],
      },
    ],
  ],
  [
    'Organisers and MySQL',
    [
      { title: 'Live maps: sockets', unit: 'short', queries: [[sum('onsale_live_sockets'), 'open']] },
      {
        title: 'Connections to MySQL',
        unit: 'short',
        queries: [
          [sum('db_client_connection_count', 'job, state'), '{{job}} {{state}}'],
          [sum('db_client_connection_max', 'job'), '{{job}} maximum'],
        ],
      },
      {
        title: 'Statements waiting for a connection',
        unit: 'short',
        queries: [[sum('db_client_connection_pending_requests', 'job'), '{{job}}']],
      },
    ],
  ],
  [
    'Processes',
    [
      { title: 'Tasks', unit: 'short', queries: [[sum('up', 'job'), '{{job}}']] },
      {
        title: 'Event loop: p99 of the lag',
        unit: 's',
        queries: [['max by (job, instance) (nodejs_eventloop_lag_p99_seconds)', process]],
        alertsAbove: 0.2,
      },
      { title: 'CPU: cores', unit: 'short', queries: [[perSecond('process_cpu_seconds_total', 'job, instance'), process]] },
      { title: 'Memory', unit: 'bytes', queries: [[sum('process_resident_memory_bytes', 'job, instance'), process]] },
      {
        title: 'Garbage collection: share of time',
        unit: 'percentunit',
        queries: [[perSecond('nodejs_gc_duration_seconds_sum', 'job, instance'), process]],
      },
    ],
  ],
];
