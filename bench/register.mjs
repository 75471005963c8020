/**
 * Lets Node run TypeScript sources: `node --import ./bench/register.mjs FILE.ts`.
 *
 * Node 20 cannot strip types by itself; Vite, which is here for the studio anyway, does it.
 */
import { register } from "node:module";

process.setSourceMapsEnabled(true);
register("./typescript-hook.mjs", import.meta.url);
