/** What a hosted model has used, and what that costs at given prices. */

export interface HostedUsage {
  /** Calls that were answered; new tries of the same call do not count. */
  readonly requests: number;
  /** Tokens read, as the service counts them. */
  readonly promptTokens: number;
  /** Tokens written. */
  readonly completionTokens: number;
  /** Answers without a count of tokens: where there are any, the sums are too low. */
  readonly uncounted: number;
}

/** What a service charges per million tokens, in whatever currency. */
export interface Prices {
  readonly in: number;
  readonly out: number;
}

/** The price of what was used, in the currency of the prices. An estimate: services may charge cached tokens less. */
export function costOf(usage: HostedUsage, prices: Prices): number {
  return (usage.promptTokens * prices.in + usage.completionTokens * prices.out) / 1e6;
}
