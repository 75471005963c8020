/** A model that is being trained is read whole when it is opened, since its file may be replaced at any moment. */
import { copyFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { withFolderLock } from "../src/files/lock.ts";
import { loadModel } from "../src/generate/load.ts";
import { logProbabilities } from "../src/index.ts";
import { modelFolder } from "./export-fixture.ts";

it("keeps the weights that it was opened with when a training writes others", async () => {
  const folder = await modelFolder("gpt2", {}, 1);
  const newer = join(await modelFolder("gpt2", {}, 2), "model.safetensors");
  const text = "abc abc";
  const before = await logProbabilities(await loadModel(folder), text);
  const opened = await withFolderLock(folder, () => loadModel(folder));
  const partial = join(folder, ".partial");
  copyFileSync(newer, partial);
  renameSync(partial, join(folder, "model.safetensors"));
  expect(await logProbabilities(opened, text)).toEqual(before);
  expect(await logProbabilities(await loadModel(folder), text)).not.toEqual(before);
});
