/** Inside: the calls of the room, over the network that was asked last. */
import type { Backend } from "punchline/engine";
import type { Handlers } from "punchline/web";
import { finiteDifferences } from "./check.ts";
import { WatchedTraining } from "./step.ts";
import type { InsideCalls, InsideRequest } from "./types.ts";

export function insideHandlers(backend: Backend): Handlers<InsideCalls> {
  let known: { readonly key: string; readonly training: WatchedTraining } | undefined;

  async function trainingOf(request: InsideRequest): Promise<WatchedTraining> {
    const { model, text, seed, rate } = request;
    const key = JSON.stringify([model, text, seed, rate]);
    if (known?.key === key) return known.training;
    const training = new WatchedTraining(request, backend);
    const before = known;
    known = { key, training };
    await before?.training.release();
    return training;
  }

  return {
    async insideStep(request) {
      return (await trainingOf(request)).step(request.done);
    },
    async insideCheck({ node, value, ...request }) {
      const training = await trainingOf(request);
      const { graph } = training;
      return finiteDifferences(graph, graph.nodes[node]!.outputs[value]!, await training.feeds(request.done));
    },
    async insideCheckAll(request, { emit, signal }) {
      const training = await trainingOf(request);
      const { graph } = training;
      const feeds = await training.feeds(request.done);
      const { nodes } = await training.step(request.done);
      for (const [name, tensor] of Object.entries(graph.inputs.parameters)) {
        signal.throwIfAborted();
        const node = graph.nodes.indexOf(tensor.node);
        const gradient = nodes[node]!.values[0]!.gradient!;
        const { slopes } = finiteDifferences(graph, tensor, feeds);
        emit({
          name,
          node,
          numbers: slopes.length,
          gradient: largest(gradient),
          difference: largest(slopes.map((slope, i) => slope - gradient[i]!)),
        });
        // The page draws this one before the next is computed.
        await new Promise((resume) => setTimeout(resume));
      }
      return undefined;
    },
  };
}

const largest = (numbers: readonly number[]): number => Math.max(...numbers.map(Math.abs));
