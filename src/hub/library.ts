/** The Hub's own library, loaded when it is first used: programs that only train or write do not wait for it. */
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

export const hubLibrary = (): typeof import("@huggingface/hub") => load("@huggingface/hub");
