import { BinaryReader } from "@bufbuild/protobuf/wire";
import { expect, test } from "vitest";
import { tag, WireWriter } from "./wire.ts";

const numbers = [1, 127, 128, 300, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER];

test("a protobuf library reads what is written", () => {
  const writer = new WireWriter();
  for (const value of [0, ...numbers]) writer.uint32(tag(1, 0)).int64(value);
  for (const value of numbers) writer.uint32(tag(2, 0)).int64(-value);
  writer.uint32(tag(3, 5)).float(0.1);
  writer.uint32(tag(400, 2)).string("Grüße, 😀");
  const reader = new BinaryReader(writer.finish());
  for (const value of [0, ...numbers]) {
    expect(reader.tag()).toEqual([1, 0]);
    expect(Number(reader.int64())).toBe(value);
  }
  for (const value of numbers) {
    expect(reader.tag()).toEqual([2, 0]);
    expect(Number(reader.int64())).toBe(-value);
  }
  expect(reader.tag()).toEqual([3, 5]);
  expect(reader.float()).toBe(Math.fround(0.1));
  expect(reader.tag()).toEqual([400, 2]);
  expect(reader.string()).toBe("Grüße, 😀");
  expect(reader.pos).toBe(reader.len);
});

test("it reads messages within messages, empty ones among them", () => {
  const long = new Uint8Array(1000).fill(7);
  const writer = new WireWriter();
  writer.uint32(tag(1, 2)).fork().uint32(tag(2, 2)).bytes(long).uint32(tag(3, 2)).fork().join().join();
  writer.uint32(tag(4, 0)).uint32(9);
  const outer = new BinaryReader(writer.finish());
  expect(outer.tag()).toEqual([1, 2]);
  const inner = new BinaryReader(outer.bytes());
  expect(inner.tag()).toEqual([2, 2]);
  expect(inner.bytes()).toEqual(long);
  expect(inner.tag()).toEqual([3, 2]);
  expect(inner.bytes()).toEqual(new Uint8Array());
  expect(inner.pos).toBe(inner.len);
  expect(outer.tag()).toEqual([4, 0]);
  expect(outer.uint32()).toBe(9);
});
