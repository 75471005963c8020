/** JSON from untrusted files. Runs in a browser. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** A value as the text of a file. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Deeper than any real file; walking deeper JSON would overflow the stack. */
const MAX_DEPTH = 200;

/**
 * `JSON.parse` silently takes the last of several equal keys; this refuses them, and absurd nesting too.
 * @throws SyntaxError with the reason
 */
export function parseJsonText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The names seen in each object that is open; undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (open.length === MAX_DEPTH) throw new SyntaxError(`it is nested more than ${MAX_DEPTH} deep`);
      open.push(code === OPEN_OBJECT ? new Set() : undefined);
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) open.pop();
    else if (code === QUOTE) {
      const end = stringEnd(text, i + 1);
      const key = keyAt(text, i, end);
      if (key !== undefined) {
        const names = open.at(-1)!;
        if (names.has(key)) throw new SyntaxError(`it has the key ${JSON.stringify(key)} twice`);
        names.add(key);
      }
      i = end;
    }
  }
  return value;
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The index of the closing quote of the string with content from `from` on. */
function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from); ; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

/** The string from quote to quote as a key; undefined where it is a value. */
function keyAt(text: string, begin: number, end: number): string | undefined {
  let next = end + 1;
  while (text.charCodeAt(next) <= 0x20) next++;
  if (text.charCodeAt(next) !== COLON) return undefined;
  const raw = text.slice(begin + 1, end);
  return raw.includes("\\") ? (JSON.parse(text.slice(begin, end + 1)) as string) : raw;
}
