/** Where in the caller's code a node was made: a stack trace that is written out only when an error needs it. */

/** Deep enough to reach from an operation through layers and models to the code that uses them. */
const FRAMES = 30;

/** Where Punchline's own code is, and where its source maps lead. */
const own = ((base) => [base, base.replace(/dist\/$/, "src/")])(
  plain(import.meta.url).replace(/(graph\/)?[^/]*$/, ""),
);

let inherited: Error | undefined;

/** The present stack, or that of {@link withStack}. It takes some 10 µs: engines write it out when it is read. */
export function stackHere(): Error {
  if (inherited) return inherited;
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const stack = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack;
}

/** Runs `f`, and gives nodes made in it this stack: the backward pass has the places of the forward pass. */
export function withStack<T>(stack: Error | undefined, f: () => T): T {
  const before = inherited;
  inherited = stack;
  try {
    return f();
  } finally {
    inherited = before;
  }
}

/** The innermost place of a stack that is not in Punchline, as `file:line:column`; undefined where all of it is. */
export function callerIn({ stack = "" }: Error): string | undefined {
  for (const line of stack.split("\n")) {
    const place = /(?:at |\(|@)([^\s()@]+:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    if (place && !own.some((folder) => plain(place).startsWith(folder))) return place;
  }
  return undefined;
}

function plain(url: string): string {
  return url.replace(/^file:\/\//, "");
}
