/** Writes what shells may complete beside the built program, so that no command is loaded for it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableOf } from "../src/cli/completion/make-table.ts";
import { TABLE } from "../src/cli/completion/table.ts";
import { registry } from "../src/cli/registry.ts";

writeFileSync(join(import.meta.dirname, "../dist", TABLE), JSON.stringify(await tableOf(registry)));
