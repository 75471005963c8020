/** Sentences on standard output. */
import { visible } from "../../core/printable.ts";
import type { Context } from "../context.ts";
import { wrap } from "./layout.ts";

/** Prints a text in lines of at most `columns`, its control characters made visible. */
export const printProse = (ctx: Context, text: string, columns = ctx.columns): void =>
  ctx.print(wrap(visible(text), columns).join("\n"));
