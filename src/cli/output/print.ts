/** Sentences, tables and links on standard output. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { visible } from "../../core/printable.ts";
import type { Context } from "../context.ts";
import { wrap } from "./layout.ts";
import { type Column, table } from "./table.ts";

/** Columns of a text to read: at most 100. */
export const readable = ({ columns }: Context): number => Math.min(columns, 100);

/** Prints a text in lines of at most `columns`, its control characters made visible. */
export const printProse = (ctx: Context, text: string, columns = ctx.columns): void =>
  ctx.print(wrap(visible(text), columns).join("\n"));

export const printTable = (
  ctx: Context,
  columns: readonly (Column | string)[],
  rows: readonly (readonly string[])[],
  width = ctx.columns,
  keep?: number,
): void => ctx.print(table(columns, rows, { width, keep }));

export const printTitle = (ctx: Context, text: string): void => ctx.print(`\n${ctx.style.bold(text)}`);

/** A file as a link that a terminal opens. */
export const linkTo = (file: string): string => pathToFileURL(resolve(file)).href;
