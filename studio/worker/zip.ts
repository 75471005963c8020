/** Run folders as .zip, packed and unpacked where it holds nothing up. */
import { zipSync } from "fflate";
import type { Handlers } from "punchline/web";
import type { StudioCalls } from "./calls.ts";
import { runInZip } from "./run-zip.ts";

export const zipHandlers: Handlers<Pick<StudioCalls, "zip" | "unzip">> = {
  async zip({ run, files }) {
    const entries = files.map(({ name, bytes }): [string, Uint8Array] => [`${run}/${name}`, bytes]);
    // Numbers hardly get smaller: the archive only holds the files together.
    const zip = zipSync(Object.fromEntries(entries), { level: 0 });
    return new Blob([zip], { type: "application/zip" });
  },
  unzip: ({ zip }) => runInZip(zip),
};
