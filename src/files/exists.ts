/** What is at a path, links followed. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";

const found = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined);

export const exists = async (path: string): Promise<boolean> => (await found(path)) !== undefined;
export const isFolder = async (path: string): Promise<boolean> => (await found(path))?.isDirectory() ?? false;
