/** A tiny Parquet file for tests: required string columns, plain and unpacked, two row groups. */

type Value = number | string | readonly Value[] | Struct;
/** Fields by id: 5 is a 32-bit integer, 6 a 64-bit one, 8 a string, 9 a list, 12 a struct (Thrift, compact). */
type Struct = {
  readonly [id: number]: readonly [type: 5 | 6 | 8 | 9 | 12, value: Value, element?: 5 | 8 | 12];
};

const utf8 = (text: string) => [...new TextEncoder().encode(text)];

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

function encode(type: number, value: Value, element = 12): number[] {
  if (type === 5 || type === 6) return varint((value as number) * 2);
  if (type === 8) return [...varint(utf8(value as string).length), ...utf8(value as string)];
  if (type === 9) {
    const list = value as readonly Value[];
    const head = list.length < 15 ? [(list.length << 4) | element] : [0xf0 | element, ...varint(list.length)];
    return [...head, ...list.flatMap((entry) => encode(element, entry))];
  }
  let last = 0;
  const bytes = Object.entries(value as Struct).flatMap(([id, [field, content, inner]]) => {
    const head = ((Number(id) - last) << 4) | field;
    last = Number(id);
    return [head, ...encode(field, content, inner)];
  });
  return [...bytes, 0];
}

/** The bytes of a Parquet file with these columns of equal length. */
export function parquetBytes(columns: Readonly<Record<string, readonly string[]>>): Uint8Array {
  const names = Object.keys(columns);
  const rows = columns[names[0]!]!.length;
  const out: number[] = utf8("PAR1");
  const half = Math.ceil(rows / 2);
  const groups = [
    [0, half],
    [half, rows],
  ].map(([from, to]): Struct => {
    const chunks = names.map((name): Struct => {
      const cells = columns[name]!.slice(from, to);
      const data = cells.flatMap((cell) => {
        const bytes = utf8(cell);
        return [bytes.length & 255, bytes.length >> 8, 0, 0, ...bytes];
      });
      // PageHeader: data page, sizes, DataPageHeader(values, plain, rle, rle).
      const page = encode(12, {
        1: [5, 0],
        2: [5, data.length],
        3: [5, data.length],
        5: [12, { 1: [5, cells.length], 2: [5, 0], 3: [5, 3], 4: [5, 3] }],
      });
      const offset = out.length;
      for (const byte of [...page, ...data]) out.push(byte);
      const size = page.length + data.length;
      // ColumnMetaData: byte array, plain, path, unpacked, counts and place.
      const metadata: Struct = {
        1: [5, 6],
        2: [9, [0], 5],
        3: [9, [name], 8],
        4: [5, 0],
        5: [6, cells.length],
        6: [6, size],
        7: [6, size],
        9: [6, offset],
      };
      return { 2: [6, offset], 3: [12, metadata] };
    });
    return { 1: [9, chunks], 2: [6, 1], 3: [6, to! - from!] };
  });
  const schema: Struct[] = [
    { 4: [8, "schema"], 5: [5, names.length] },
    ...names.map((name): Struct => ({ 1: [5, 6], 3: [5, 0], 4: [8, name], 6: [5, 0] })),
  ];
  const footer = encode(12, { 1: [5, 1], 2: [9, schema], 3: [6, rows], 4: [9, groups] });
  for (const byte of footer) out.push(byte);
  out.push(footer.length & 255, footer.length >> 8, 0, 0, ...utf8("PAR1"));
  return Uint8Array.from(out);
}
