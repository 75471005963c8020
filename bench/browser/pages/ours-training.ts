/** Punchline training in a browser. */
import { webBackend } from "../../../src/runtime/web.ts";
import { trainingSide } from "../../training/side.ts";

export const side = trainingSide(({ threads = 1 }) => webBackend({ threads }));
