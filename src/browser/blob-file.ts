/** A file that a page was given, for the readers of texts. */
import { crc32 } from "../core/crc32.ts";
import { InputError } from "../core/errors.ts";
import type { RawFile } from "../data/sources/raw-file.ts";

export function blobFile(file: File): RawFile {
  const { name, size } = file;
  const guarded = async <T>(read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (cause) {
      throw unreadable(name, cause);
    }
  };
  return {
    name,
    size,
    async *pieces(start, end) {
      const reader = file.slice(start, end).stream().getReader();
      try {
        for (;;) {
          const { done, value } = await guarded(() => reader.read());
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    },
    part: (start, end) => guarded(async () => new Uint8Array(await file.slice(start, end).arrayBuffer())),
    async *unpack(packed, format) {
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        async pull(controller) {
          const { done, value } = await packed.next();
          if (done) controller.close();
          else controller.enqueue(value as Uint8Array<ArrayBuffer>);
        },
        async cancel() {
          await packed.return(undefined);
        },
      });
      const reader = stream.pipeThrough(new DecompressionStream(format)).getReader();
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel().catch(() => {});
      }
    },
    crc32,
  };
}

/** The browser keeps no file that was changed or moved since it was chosen. */
const unreadable = (name: string, cause: unknown): InputError =>
  new InputError(
    "unreadable-file",
    `${name} can no longer be read, as it was changed or moved since it was chosen; choose it again.`,
    { file: name },
    cause,
  );
