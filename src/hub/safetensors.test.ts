import { describe, expect, it } from "vitest";
import { headerLength, layoutTensors, MAX_HEADER_BYTES, parseHeader } from "./safetensors.ts";
import { bufferTensors } from "./tensor-source.ts";

/** A file put together by hand: header text, then `data`. */
function file(header: string | object, data: ArrayLike<number> = []): ArrayBuffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, Uint8Array.from(data)])).buffer;
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});
const oneTensor = { w: f32([2], 0, 8) };

it("takes a header whose length begins as a pickle does", () => {
  // 640 is 0x0280, and 0x80 0x02 are a pickle's first bytes.
  const header = JSON.stringify(oneTensor).padEnd(640);
  expect(headerLength(new Uint8Array(file(header)).subarray(0, 64), 656, "a file")).toBe(640);
});

describe("a header is refused, in one sentence,", () => {
  const cases: [string, ArrayBuffer, RegExp][] = [
    ["where the file is empty", new ArrayBuffer(0), /only 0 bytes long/],
    ["where the length is cut short", new Uint8Array([1, 0, 0]).buffer, /only 3 bytes long/],
    [
      "where it claims 2 GB",
      new Uint8Array([0, 0, 0, 0x80, 0, 0, 0, 0, 1, 2]).buffer,
      /claims 2147483648 bytes/,
    ],
    ["where it claims 2^64-1 bytes", new Uint8Array(8).fill(255).buffer, /over the 100000000/],
    ["where it is cut short", file(oneTensor).slice(0, 20), /cut short/],
    ["where it is not JSON", file("{oops"), /not JSON/],
    ["where it is not UTF-8", new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]).buffer, /not JSON/],
    ["where it is a list", file("[]"), /not a JSON object/],
    ["where it is null", file("null"), /not a JSON object/],
    ["for a pickle", new Uint8Array([0x80, 2, 0x8a, 10, 0, 0, 0, 0, 0]).buffer, /PyTorch pickle/],
    ["for a zip", Uint8Array.from(Buffer.from("PK\x03\x04padding.")).buffer, /PyTorch pickle/],
    ["for a web page", Uint8Array.from(Buffer.from("<!DOCTYPE html>\n<html>")).buffer, /web page/],
    [
      "for a pointer",
      Uint8Array.from(Buffer.from("version https://git-lfs.github.com/spec/v1\n")).buffer,
      /git lfs pull/,
    ],
    [
      "with a tensor twice",
      file(`{"w":${JSON.stringify(oneTensor.w)},"\\u0077":${JSON.stringify(oneTensor.w)}}`, Array(8)),
      /"w" appears twice/,
    ],
    [
      "where the dtype is unknown",
      file({ w: { ...oneTensor.w, dtype: "F31" } }, Array(8)),
      /unknown dtype "F31"/,
    ],
    [
      "where the dtype is a method's name",
      file({ w: { ...oneTensor.w, dtype: "toString" } }, Array(8)),
      /unknown dtype/,
    ],
    ["where a size is negative", file({ w: f32([-2], 0, 8) }, Array(8)), /no valid shape/],
    ["where a size is a fraction", file({ w: f32([0.5], 0, 2) }, Array(8)), /no valid shape/],
    [
      "where a product overflows",
      file({ w: f32([2 ** 40, 2 ** 40], 0, 8) }, Array(8)),
      /needs .* bytes but has 8/,
    ],
    ["where offsets run backwards", file({ w: f32([2], 8, 0) }, Array(8)), /no valid data_offsets/],
    [
      "where offsets are missing",
      file({ w: { dtype: "F32", shape: [2] } }, Array(8)),
      /no valid data_offsets/,
    ],
    ["where shape and bytes disagree", file({ w: f32([3], 0, 8) }, Array(8)), /needs 12 bytes but has 8/],
    ["where the data is cut short", file(oneTensor, Array(7)), /cut short/],
    ["where bytes are left over", file(oneTensor, Array(9)), /1 bytes follow/],
    [
      "where tensors overlap",
      file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, Array(12)),
      /"a" and "b" overlap/,
    ],
    [
      "where there is a gap",
      file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, Array(12)),
      /gap of 4 bytes before tensor "b"/,
    ],
    ["where an entry is null", file({ w: null }), /unknown dtype/],
    ["where metadata is not text", file({ __metadata__: { a: 1 } }), /not text/],
  ];
  it.each(cases)("%s", (_, buffer, message) => {
    const read = () => bufferTensors(buffer, "model.safetensors");
    expect(read).toThrow(message);
    expect(read).toThrow(/^Cannot read model\.safetensors: .*\.$/);
    expect(read).toThrowError(expect.objectContaining({ code: "safetensors-header" }));
  });
});

describe("reading from memory", () => {
  it("reads each dtype of a file put together by hand", async () => {
    const data = Buffer.alloc(8 + 4 + 4 + 4 + 2 + 1);
    data.writeBigInt64LE(-3n, 0);
    data.writeFloatLE(0.5, 8);
    data.writeInt32LE(-7, 12);
    data.writeUInt16LE(0x3c00, 16); // 1 in binary16
    data.writeUInt16LE(0x3f80, 18); // 1 in bfloat16
    data.writeInt16LE(-2, 20);
    data.writeUInt8(1, 22);
    const at = (dtype: string, begin: number, end: number, shape: number[] = [1]) => ({
      dtype,
      shape,
      data_offsets: [begin, end],
    });
    const source = bufferTensors(
      file(
        {
          __metadata__: { format: "pt" },
          last: at("BOOL", 22, 23, []),
          i64: at("I64", 0, 8),
          f32: at("F32", 8, 12),
          i32: at("I32", 12, 16),
          f16: at("F16", 16, 18),
          bf16: at("BF16", 18, 20),
          i16: at("I16", 20, 22),
        },
        data,
      ),
    );
    expect([...source.tensors.keys()]).toEqual(["i64", "f32", "i32", "f16", "bf16", "i16", "last"]);
    expect(source.metadata).toEqual({ format: "pt" });
    const read = async <T extends Float32Array | Int32Array | BigInt64Array | Uint8Array>(
      name: string,
      into: T,
    ) => {
      await source.read(name, into);
      return [...(into as Iterable<number | bigint>)];
    };
    expect(await read("f32", new Float32Array(1))).toEqual([0.5]);
    expect(await read("f16", new Float32Array(1))).toEqual([1]);
    expect(await read("bf16", new Float32Array(1))).toEqual([1]);
    expect(await read("i64", new BigInt64Array(1))).toEqual([-3n]);
    expect(await read("i64", new Int32Array(1))).toEqual([-3]);
    expect(await read("i32", new Int32Array(1))).toEqual([-7]);
    expect(await read("i16", new Int32Array(1))).toEqual([-2]);
    expect(await read("last", new Uint8Array(1))).toEqual([1]);
    expect(await read("f16", new Uint8Array(2))).toEqual([0x00, 0x3c]);
    await expect(source.read("f32", new Float32Array(2))).rejects.toMatchObject({ code: "tensor-shape" });
    await expect(source.read("i64", new Float32Array(1))).rejects.toMatchObject({ code: "tensor-dtype" });
    await expect(source.read("none", new Float32Array(1))).rejects.toMatchObject({ code: "tensor-missing" });
  });

  it("takes a header padded with blanks and tensors of no elements", () => {
    const header = `${JSON.stringify({ a: f32([0, 3], 0, 0), b: f32([1], 0, 4) })}     `;
    expect(bufferTensors(file(header, Array(4))).tensors.get("a")).toMatchObject({ shape: [0, 3] });
  });
});

describe("layoutTensors", () => {
  it("makes a head that parses back, aligned, wide elements first", () => {
    const { head, tensors, fileSize } = layoutTensors(
      [
        { name: "flag", dtype: "BOOL", shape: [3] },
        { name: "w", dtype: "F32", shape: [2, 2] },
        { name: "n", dtype: "I64", shape: [] },
      ],
      { step: "7" },
    );
    const length = headerLength(head, fileSize, "x");
    expect(length + 8).toBe(head.byteLength);
    const { tensors: parsed, metadata } = parseHeader(head.subarray(8), fileSize, "x");
    expect(metadata).toEqual({ format: "pt", step: "7" });
    expect([...parsed.values()]).toEqual(tensors);
    expect(tensors.map((t) => t.name)).toEqual(["n", "w", "flag"]);
    expect(tensors.map((t) => t.begin % 8)).toEqual([0, 0, 0]);
    expect(() =>
      layoutTensors([
        { name: "a", dtype: "F32", shape: [] },
        { name: "a", dtype: "F32", shape: [] },
      ]),
    ).toThrow("two tensors");
  });

  it("stays far below the format's limit for a large model", () => {
    const specs = Array.from(
      { length: 2000 },
      (_, i) => ({ name: `h.${i}.weight`, dtype: "F32", shape: [1] }) as const,
    );
    expect(layoutTensors(specs).head.byteLength).toBeLessThan(MAX_HEADER_BYTES / 100);
  });
});
