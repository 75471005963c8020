/** What the probes run: WebAssembly, whose loops the engine neither unrolls nor removes. */

const source = `
/** Adds up \`bytes\` bytes from address 0 on, a multiple of 128, as 128-bit vectors in eight sums. */
export function read(bytes: usize): i64 {
  let a = i64x2.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (let at: usize = 0; at < bytes; at += 128) {
    a = i64x2.add(a, v128.load(at));
    b = i64x2.add(b, v128.load(at, 16));
    c = i64x2.add(c, v128.load(at, 32));
    d = i64x2.add(d, v128.load(at, 48));
    e = i64x2.add(e, v128.load(at, 64));
    f = i64x2.add(f, v128.load(at, 80));
    g = i64x2.add(g, v128.load(at, 96));
    h = i64x2.add(h, v128.load(at, 112));
  }
  const all = i64x2.add(i64x2.add(i64x2.add(a, b), i64x2.add(c, d)), i64x2.add(i64x2.add(e, f), i64x2.add(g, h)));
  return i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1);
}

/** \`times\` multiplications, each of which waits for the result of the one before it. */
export function chain(times: u32, factor: u32): u32 {
  let product = factor;
  for (let i: u32 = 0; i < times; i += 8) {
    product *= factor; product *= factor; product *= factor; product *= factor;
    product *= factor; product *= factor; product *= factor; product *= factor;
  }
  return product;
}
`;

/** The exports of the module, which imports its memory as \`env.memory\`. */
export interface ProbeKernels {
  read(bytes: number): bigint;
  chain(times: number, factor: number): number;
}

export async function compileKernels(): Promise<WebAssembly.Module> {
  // Loaded only here: it takes a second.
  const { default: asc } = await import("assemblyscript/asc");
  const options = { optimizeLevel: 3, runtime: "stub", importMemory: true, enable: "simd", noAssert: true };
  const { error, binary, stderr } = await asc.compileString(source, options);
  if (error) throw new Error(`The kernels of the probes do not compile. ${stderr}`, { cause: error });
  return new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
}
