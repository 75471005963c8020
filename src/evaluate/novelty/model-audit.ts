/** The audit of a model: of the texts that it writes, of what it can be asked for, and of its snapshots. */

import type { Rate } from "../intervals.ts";
import type { NoveltyAudit } from "./audit.ts";
import type { Extraction, ExtractionRate } from "./extraction.ts";
import type { Membership, SignalQuality } from "./membership.ts";

/** One snapshot of a training: copies among its texts, and what it had learned by then. */
export interface SnapshotAudit extends Rate {
  readonly step: number;
  /** Nats per token on texts that were held out; null where none were. */
  readonly val_loss: number | null;
  /** On training texts. */
  readonly train_loss: number;
  /** Texts completed word for word from their beginnings; absent where the model was not asked. */
  readonly extraction?: { readonly training: ExtractionRate; readonly heldout: ExtractionRate } | undefined;
}

export interface ModelAudit extends NoveltyAudit {
  /** Where the texts and the baseline were looked up, and what was found outside the training part, in sentences. */
  readonly notes?: readonly string[] | undefined;
  /** Training texts got out of the model by their beginnings; absent for samples without a model. */
  readonly extraction?: Extraction | undefined;
  /** How well training texts can be told from unseen ones. */
  readonly membership?: readonly SignalQuality[] | undefined;
  /** Signals of membership that could not be computed, and why. */
  readonly membership_left_out?: Membership["leftOut"] | undefined;
  /** The same of snapshots along the training, where that was asked for. */
  readonly checkpoints?: readonly SnapshotAudit[] | undefined;
}
