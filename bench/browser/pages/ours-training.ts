/** Punchline training in a browser, and how fast the runtime multiplies there. */
import { webBackend } from "../../../src/runtime/web.ts";
import { productThroughput } from "../../limits/products.ts";
import { type TrainingAsk, trainingSide } from "../../training/side.ts";

export interface ProductsAsk {
  readonly op: "products";
  readonly threads: number;
}

const training = trainingSide(({ threads = 1 }) => webBackend({ threads }));

export const side = async (ask: TrainingAsk | ProductsAsk): Promise<object> =>
  ask.op === "products"
    ? { throughput: await productThroughput(webBackend({ threads: ask.threads })) }
    : training(ask);
