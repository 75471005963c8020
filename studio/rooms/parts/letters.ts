/** Letters of a text that a model wrote, as they are shown. */

/** The rarer, the warmer: 0 at certain, 60 % where it was one in e^4 and rarer. */
export const heat = (probability: number): string =>
  `${Math.min(60, Math.max(0, -Math.log(probability) * 15)).toFixed(0)}%`;
export const percent = (probability: number): string =>
  probability > 0 && probability < 0.001 ? "<0.1 %" : `${(100 * probability).toFixed(1)} %`;
export const visible = ({ text, end }: { readonly text: string; readonly end: boolean }): string =>
  end ? "(end)" : text.replaceAll(" ", "␣").replaceAll("\n", "⏎");
