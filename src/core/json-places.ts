/** Where things are in the text of a JSON file: the lines of its keys, and the place of its fault. Runs in a browser. */

export interface JsonPlaces {
  /** The line of a key, from 1, by the keys that lead to it; 1 if it is not there. */
  lineOf(...path: readonly string[]): number;
  /** Where the text stops to be JSON, or has a key for the second time; undefined of whole JSON. */
  readonly fault: JsonPlace | undefined;
}

export interface JsonPlace {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a string may have none
  /[ \t\n\r]*(?:[{}[\],:]|"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\x00-\x1f]*)*"|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;
const blank = /[ \t\n\r]*/y;
/** Deeper than any real file. */
const MAX_DEPTH = 200;

/** Reads the text without making its values; also of what is no JSON. */
export function jsonPlaces(text: string): JsonPlaces {
  const places = new Map<string, number>();
  let at = 0;

  const next = (): string => {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found) at = token.lastIndex;
    return found?.[0].replace(/^[ \t\n\r]+/, "") ?? "";
  };
  /** Where the next token begins. */
  const begin = (): number => {
    blank.lastIndex = at;
    blank.exec(text);
    return blank.lastIndex;
  };
  /** The offset of the fault in the value that begins here; undefined without one. */
  function value(path: readonly string[]): number | undefined {
    const from = begin();
    const first = next();
    if (first === "" || "}],:".includes(first) || path.length > MAX_DEPTH) return from;
    if (first === "{") return entries("}", path);
    return first === "[" ? entries("]", path) : undefined;
  }
  /** The same of the entries of an object or a list, up to its end. */
  function entries(end: "}" | "]", path: readonly string[]): number | undefined {
    const seen = new Set<string>();
    const from = at;
    if (next() === end) return undefined;
    at = from;
    for (;;) {
      let inner = [...path, ""];
      if (end === "}") {
        const place = begin();
        const quoted = next();
        if (!quoted.startsWith('"')) return place;
        const key = JSON.parse(quoted) as string;
        if (seen.has(key)) return place;
        seen.add(key);
        inner = [...path, key];
        places.set(JSON.stringify(inner), place);
        const colon = begin();
        if (next() !== ":") return colon;
      }
      const fault = value(inner);
      if (fault !== undefined) return fault;
      const place = begin();
      const after = next();
      if (after === end) return undefined;
      if (after !== ",") return place;
    }
  }

  let fault = value([]);
  if (fault === undefined && begin() < text.length) fault = begin();
  return {
    lineOf: (...path) => placeAt(text, places.get(JSON.stringify(path)) ?? 0).line,
    fault: fault === undefined ? undefined : placeAt(text, fault),
  };
}

function placeAt(text: string, offset: number): JsonPlace {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
