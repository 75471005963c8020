/** The number of a share that the page has written, in percent: 3.5 of `3.5 %`, 0.1 of `< 0.1 %`, 99.9 of `> 99.9 %`. */
export const writtenShare = (text: string): number => Number.parseFloat(text.replace(/^[<>]\s*/, ""));
