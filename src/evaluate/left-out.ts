/** What could not be measured, for sentences: the signals that share a reason together. */
import type { Membership, MembershipSignal } from "./novelty/membership.ts";

/** Each reason once, with its signals in their order. */
export function leftOutByReason(
  leftOut: Membership["leftOut"],
): readonly { readonly signals: readonly MembershipSignal[]; readonly reason: string }[] {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return reasons.map((reason) => ({
    reason,
    signals: leftOut.filter((one) => one.reason === reason).map(({ signal }) => signal),
  }));
}
