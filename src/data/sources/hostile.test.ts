/** Files made, or broken, to mislead, to fill the machine or to hang it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { parquetBytes } from "../../../test/parquet-fixture.ts";
import { sourceKinds } from "../prepare-sources.ts";
import { checkPages, checkRows } from "./parquet-pages.ts";
import { openSource, type SourceOptions } from "./source.ts";

const folder = mkdtempSync(join(tmpdir(), "punchline-hostile-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, options: SourceOptions = {}): Promise<string[]> {
  const source = await openSource(path, options, sourceKinds);
  const texts: string[] = [];
  for await (const batch of source.batches()) texts.push(...batch.texts);
  return texts;
}

const texts = Array.from({ length: 400 }, (_, i) => `text ${i}, which goes on for a while: ${i * i}`);
const content = strToU8(texts.join("\n"));

describe("a zip archive", () => {
  const stored = zipSync({ "a.txt": content }, { level: 0 });
  const deflated = zipSync({ "a.txt": content });
  const [header, name] = [30, 5];

  it("is read whole, stored or deflated", async () => {
    expect(await read(file("stored.zip", stored))).toEqual(texts);
    expect(await read(file("deflated.zip", deflated))).toEqual(texts);
  });

  it("whose texts were changed is an error", async () => {
    const changed = Uint8Array.from(stored);
    changed[header + name + 3]! ^= 1;
    await expect(read(file("changed.zip", changed))).rejects.toThrow(/does not have the CRC-32/);
  });

  it("whose directory says another size, checksum or name is an error", async () => {
    const directory = Buffer.from(deflated).lastIndexOf("PK\x01\x02", undefined, "latin1");
    for (const at of [16, 20, 24, 46]) {
      const changed = Uint8Array.from(deflated);
      changed[directory + at]! ^= 1;
      await expect(read(file("directory.zip", changed)), `byte ${at}`).rejects.toThrow(
        /not a whole zip archive \(the header of .* is not what the directory says\)/,
      );
    }
  });

  it("that says of itself in both places what is not so is an error", async () => {
    for (const [local, central, message] of [
      [22, 24, /longer than the archive says|bytes where the archive says/],
      [18, 20, /packed size|bytes where the archive says|unexpected end|invalid/],
    ] as const) {
      const changed = Buffer.from(deflated);
      const directory = changed.lastIndexOf("PK\x01\x02", undefined, "latin1");
      changed.writeUInt32LE(changed.readUInt32LE(local) - 1, local);
      changed.writeUInt32LE(changed.readUInt32LE(directory + central) - 1, directory + central);
      await expect(read(file("both.zip", changed))).rejects.toThrow(message);
    }
  });

  it("gives its texts or an error, whatever byte of it is changed", async () => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const outcomes = { same: 0, refused: 0 };
    for (let i = 0; i < 150; i++) {
      const changed = Uint8Array.from(i % 2 === 0 ? stored : deflated);
      const at = i % 3 === 0 ? changed.length - 1 - random(80) : random(changed.length);
      changed[at]! ^= 1 << random(8);
      const found = await read(file("mutant.zip", changed)).catch((error: Error) => error);
      if (found instanceof Error) {
        expect(found.constructor.name, `byte ${at}: ${found.stack}`).toBe("InputError");
        outcomes.refused++;
      } else {
        expect(found).toEqual(texts);
        outcomes.same++;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(100);
  });

  it("that is encrypted, or packed in an unknown way, is refused with a clear message", async () => {
    const changed = Buffer.from(deflated);
    const directory = changed.lastIndexOf("PK\x01\x02", undefined, "latin1");
    changed[directory + 8]! |= 1;
    await expect(read(file("locked.zip", changed))).rejects.toThrow(/a.txt is encrypted; unpack it/);
    changed[directory + 8]! &= ~1;
    changed[directory + 10] = 99;
    await expect(read(file("method.zip", changed))).rejects.toThrow(/packed by method 99; unpack it/);
  });
});

describe("sizes have limits that the message names", () => {
  const line = `${"a".repeat(4095)}\n`;
  const bomb = strToU8(line.repeat(17_000)); // 66 MB

  it("of what a packed file unpacks to", async () => {
    await expect(read(file("bomb.txt.gz", gzipSync(bomb)))).rejects.toThrow(
      /unpacks to more than 64 MB, over 100 times its size.*unpack it yourself/,
    );
    await expect(read(file("bomb.zip", zipSync({ "a.txt": bomb })))).rejects.toThrow(/more than 64 MB/);
  });

  it("of a line, a row and a cell", async () => {
    const long = "x".repeat(2000);
    const limit = { maxLine: 1000 };
    await expect(read(file("long.txt", `a\n${long}\n`), limit)).rejects.toThrow(
      /line 2 is longer than 1000 characters.*`maxLine`/,
    );
    await expect(read(file("long.jsonl", `"a"\n"${long}"\n`), limit)).rejects.toThrow(/line 2 is longer/);
    await expect(read(file("long.csv", `text\na\n${long}\n`), limit)).rejects.toThrow(
      /line 3: a row of more than 1000 bytes/,
    );
    const open = `ID,text\n1,"never closed\n${"2,row\n".repeat(1000)}`;
    await expect(read(file("open.csv", open), limit)).rejects.toThrow(/line 2: .*quote that is never closed/);
    expect(await read(file("long.txt", `a\n${long}\n`), { maxLine: 2000 })).toEqual(["a", long]);
  });
});

describe.skipIf(process.platform === "win32")("what is no file is refused at once", () => {
  it("a pipe, a socket, a device, under any name", async () => {
    const pipe = join(folder, "pipe.csv");
    execFileSync("mkfifo", [pipe]);
    const socket = join(folder, "socket.txt");
    const server = createServer();
    await new Promise<void>((done) => server.listen(socket, done));
    await expect(read(pipe)).rejects.toThrow(/pipe.csv is a named pipe; write its contents to a file/);
    await expect(read(socket)).rejects.toThrow(/socket.txt is a socket/);
    await expect(read("/dev/zero", { fileFormat: "txt" })).rejects.toThrow(/\/dev\/zero is a device/);
    await expect(read(folder, { fileFormat: "txt" })).rejects.toThrow(/is a folder; give a file in it/);
    await new Promise((done) => server.close(done));
  });
});

describe("a Parquet file", () => {
  const rows = Array.from({ length: 30 }, (_, i) => `text ${i}`);
  const whole = parquetBytes({ text: rows, other: rows });

  /** The bytes of a page header: type, sizes, and a data page header with this many values. */
  const page = (size: number, packed: number, values: number) => {
    const varint = (n: number): number[] =>
      n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))];
    const field = (n: number) => [0x15, ...varint(n * 2)];
    return Uint8Array.from([
      ...[...field(0), ...field(size), ...field(packed)],
      ...[0x2c, ...field(values), ...field(0), ...field(3), ...field(3), 0, 0],
      ...new Array<number>(Math.min(packed, 100)).fill(0),
    ]);
  };

  it("that says more rows than it could hold, or others than its groups, is an error", () => {
    const group = { num_rows: 10n };
    expect(() => checkRows("a", { num_rows: 20n, row_groups: [group, group] }, 100)).not.toThrow();
    expect(() => checkRows("a", { num_rows: 21n, row_groups: [group, group] }, 100)).toThrow(/have 20 rows/);
    const many = { num_rows: 10n ** 15n };
    expect(() => checkRows("a", { ...many, row_groups: [many] }, 1000)).toThrow(/1000000000000000 rows/);
    const negative = [{ num_rows: -1n }, { num_rows: 1n }];
    expect(() => checkRows("a", { num_rows: 0n, row_groups: negative }, 1000)).toThrow(/has -1 rows/);
  });

  it("whose pages claim absurd sizes is an error before memory is reserved", () => {
    expect(() => checkPages("a", page(40, 40, 5), 5)).not.toThrow();
    expect(() => checkPages("a", page(40, 40, 5), 6)).toThrow(/have 5 values where its row group has 6 rows/);
    expect(() => checkPages("a", page(40, 400, 5), 5)).toThrow(/goes beyond its column/);
    expect(() => checkPages("a", page(2 ** 30, 40, 5), 5)).toThrow(
      /unpacks to 1073741824 bytes, and 536870912/,
    );
    expect(() => checkPages("a", page(40, 40, 2 ** 30), 2 ** 30)).toThrow(/1073741824 values, and 20000000/);
  });

  it("gives texts or an error in words, whatever byte of it is changed", async () => {
    expect(await read(file("whole.parquet", whole))).toEqual(rows);
    let refused = 0;
    for (let at = 0; at < whole.length; at += 2) {
      const changed = Uint8Array.from(whole);
      changed[at]! ^= [0xff, 0x40, 0x01][(at / 2) % 3]!;
      const found = await read(file("mutant.parquet", changed)).catch((error: Error) => error);
      if (!(found instanceof Error)) continue;
      expect(found.constructor.name, `byte ${at}: ${found.stack}`).toBe("InputError");
      refused++;
    }
    expect(refused).toBeGreaterThan(50);
  });
});
