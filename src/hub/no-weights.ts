/** What is said of a model without weights that can be read. Runs in a browser. */
import { InputError } from "../core/errors.ts";
import { WEIGHTS_FILE } from "./safetensors.ts";
import { WEIGHTS_INDEX_FILE } from "./shard-map.ts";

const PICKLE = /^((pytorch_model.*|adapter_model)\.bin|.*\.(pt|pth|ckpt|pkl))$/;

/** The error for a folder or a Hub name with no safetensors weights among its `files`. */
export function noWeights(subject: string, files: readonly string[]): InputError {
  const pickle = files.find((name) => PICKLE.test(name));
  if (pickle) {
    return new InputError(
      "pickle-refused",
      `${subject} holds its weights only as a pickle (${pickle}), which can run any code when it is read; ` +
        "use a revision with model.safetensors (on the Hub often refs/pr/1, see its pull requests) or convert it.",
      { subject, file: pickle },
    );
  }
  return new InputError(
    "not-a-model",
    `${subject} has no weights: neither ${WEIGHTS_FILE} nor ${WEIGHTS_INDEX_FILE} is there.`,
    { subject },
  );
}
