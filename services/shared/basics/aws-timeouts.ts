const connectMs = 1_000;

/** Settings of an AWS client: a request rejects if it is not answered in time. On its own, `requestTimeout` would only log a warning. */
export const awsTimeouts = (requestTimeout: number) => ({
  connectionTimeout: connectMs,
  requestTimeout,
  throwOnRequestTimeout: true,
});
