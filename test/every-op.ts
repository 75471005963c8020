/** Every operation of src/ops, with its name. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { AnyOp } from "../src/ops/define.ts";
import { root } from "./cli.ts";

const folder = join(root, "src/ops");
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
const modules: object[] = await Promise.all(files.map((name) => import(join(folder, name))));
const isOp = (value: unknown): value is AnyOp =>
  typeof value === "object" && value !== null && "samples" in value && "apply" in value;

export const everyOp = modules
  .flatMap((module) => Object.values(module))
  .filter(isOp)
  .map((op) => [op.name, op] as const);
