/**
 * Bundles src into dist, as tsdown.config.ts says. The command `tsdown` would do the same, and warn of Node 20, which
 * Punchline supports.
 */
import { build } from "tsdown";

await build({ logLevel: "warn" });
