const signInOutcomes = ['signed-in', 'wrong', 'braked', 'link', 'dead-link', 'oidc', 'oidc-failed'] as const;
const refreshOutcomes = ['rotated', 'repeated', 'unknown', 'reused'] as const;
export type SignInOutcome = (typeof signInOutcomes)[number];
export type RefreshOutcome = (typeof refreshOutcomes)[number];

export type Counters = ReturnType<typeof createCounters>;

/** What happened in this process since its start, for its metrics. */
export function createCounters() {
  // From zero: a counter that appears with its first event hides that event from Prometheus.
  const signIns = new Map<SignInOutcome, number>(signInOutcomes.map((outcome) => [outcome, 0]));
  const refreshes = new Map<RefreshOutcome, number>(refreshOutcomes.map((outcome) => [outcome, 0]));
  return {
    signIns,
    refreshes,
    countSignIn: (outcome: SignInOutcome): void => void signIns.set(outcome, (signIns.get(outcome) ?? 0) + 1),
    countRefresh: (outcome: RefreshOutcome): void => void refreshes.set(outcome, (refreshes.get(outcome) ?? 0) + 1),
  };
}
