/**
 * A network and a training loop of your own, on the engine alone: `node examples/own-network.js`.
 *
 * network.js knows no platform: examples/browser-engine trains it in a page, unchanged.
 */
import { nodeBackend } from "punchline/node";
import { learnSine } from "./browser-engine/network.js";

await learnSine(nodeBackend(), (line) => console.log(line));
