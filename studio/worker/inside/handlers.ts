/** Inside: the calls of the room, over the network that was asked last. */
import type { Backend } from "punchline/engine";
import type { Handlers } from "punchline/web";
import { finiteDifferences } from "./check.ts";
import { newestOf } from "./newest.ts";
import { WatchedTraining } from "./step.ts";
import type { InsideCalls, InsideRequest } from "./types.ts";

export function insideHandlers(backend: Backend): Handlers<InsideCalls> {
  const newest = newestOf<WatchedTraining>();

  const withTraining = <R>(
    request: InsideRequest,
    work: (training: WatchedTraining, superseded: AbortSignal) => Promise<R>,
  ) => {
    const { model, text, seed, rate } = request;
    const key = JSON.stringify([model, text, seed, rate]);
    return newest(key, () => new WatchedTraining(request, backend), work);
  };

  return {
    insideStep: (request) => withTraining(request, (training) => training.step(request.done)),
    insideCheck: ({ node, value, ...request }) =>
      withTraining(request, async (training) => {
        const { graph } = training;
        const tensor = graph.nodes[node]!.outputs[value]!;
        return finiteDifferences(graph, tensor, await training.feeds(request.done));
      }),
    insideCheckAll: (request, { emit, signal }) =>
      withTraining(request, async (training, superseded) => {
        const { graph } = training;
        const feeds = await training.feeds(request.done);
        const { nodes } = await training.step(request.done);
        for (const [name, tensor] of Object.entries(graph.inputs.parameters)) {
          signal.throwIfAborted();
          superseded.throwIfAborted();
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
      }),
  };
}

const largest = (numbers: readonly number[]): number => Math.max(...numbers.map(Math.abs));
