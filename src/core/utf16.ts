/** Places in texts, which are counted in UTF-16 code units: characters beyond U+FFFF have two. */

/** `at`, or one less where it would cut a character in two. */
export const wholeCharacter = (text: string, at: number): number =>
  isHalf(text, at - 1, 0xd800) && isHalf(text, at, 0xdc00) ? at - 1 : at;

/** Whether there is one of the 1,024 code units from `first` on. */
const isHalf = (text: string, at: number, first: number): boolean => (text.charCodeAt(at) & 0xfc00) === first;
