/** The text that a model is represented by on top of a page. */

export interface BestText {
  readonly text: string;
  readonly temperature: number;
  /**
   * How much it reads like language to a model that did not write it, in bits per token (SLOR); at least `floor`, the
   * lower quartile of held-out texts that people wrote.
   */
  readonly reads: number;
  readonly floor: number;
  /** How many texts were judged, and how many of them could be on top. */
  readonly of: number;
  readonly passed: number;
}
