/** `punchline pull`: a model from the Hugging Face Hub into the cache. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { isBuiltIn } from "../../hub/built-in.ts";
import { pullModel } from "../../hub/pull.ts";
import { argument, defineCommand } from "../command.ts";
import { text, usual } from "../options/option.ts";
import { formatBytes, formatCount } from "../output/format.ts";

export default defineCommand({
  description:
    "Downloads configuration, weights and tokenizer into the Hub's own cache, where Python finds them too, and " +
    "checks each file against the hash that the Hub announces. What is there is not downloaded again, and a " +
    "download that was cut goes on. HF_HOME sets the cache, HF_TOKEN opens gated models, HF_ENDPOINT sets another " +
    "Hub, and HF_HUB_OFFLINE=1 keeps off the network.",
  arguments: { name: argument("Name on the Hub: gpt2, owner/name, owner/name@revision") },
  options: usual({
    revision: text("Branch, tag or commit", { placeholder: "NAME", defaultIs: "main" }),
  }),
  examples: {
    "punchline pull gpt2": "548 MB, once",
    "punchline pull prajjwal1/bert-tiny --revision refs/pr/1": "A pull request's files",
  },
  async run(ctx, { name }, { revision }) {
    if (existsSync(join(name, "config.json"))) {
      throw new UsageError(
        `${name} is a model's folder on this machine; use it as it is, or pull elsewhere.`,
      );
    }
    const task = ctx.progress.start(`pulling ${name}`, { unit: "bytes" });
    const pulled = await pullModel(name, {
      revision,
      signal: ctx.interrupt,
      onProgress: ({ file, received, total, fetched }) =>
        task.update({ done: received, total, from: received - fetched, remark: file }),
    }).catch((error: unknown) => {
      if (ctx.interrupt.aborted) ctx.note("What has come is kept; the same command goes on from there.");
      throw error;
    });
    const { path, commit, files, bytes, fetched } = pulled;
    task.end(fetched > 0 ? `fetched ${formatBytes(fetched)}` : "everything was there already");
    const where = isBuiltIn(name) ? "comes with Punchline" : `at ${commit.slice(0, 12)}`;
    ctx.print(`${name} ${where}: ${formatCount(files.length)} files, ${formatBytes(bytes)}`);
    ctx.print(path);
    ctx.json({ model: name, path, commit, files, bytes, fetched });
  },
});
