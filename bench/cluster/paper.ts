/** Prints the tables of docs/cluster.md: `node --import ./bench/register.mjs bench/cluster/paper.ts`. */
import { paperTables } from "./estimate.ts";

process.stdout.write(`${paperTables().join("\n\n")}\n`);
