/** The step in one look: each stop says what happens there, and leads to its node. */
import { Button, number, Section } from "../../ui/parts.tsx";
import type { InsideStep, InsideStops } from "../../worker/inside/types.ts";
import { visible } from "./numbers.tsx";
import { at, goTo } from "./state.ts";

const networks: Readonly<Record<string, string>> = {
  rnn: "mixes each letter's numbers with what it remembers of those before.",
  lstm: "mixes each letter's numbers with what it remembers, through gates.",
  softmax: "gives every letter shares of the letters up to it: attention.",
};

interface Stop {
  readonly node: number;
  readonly title: string;
  readonly sentence: string;
}

/** The stops of the step, in their order. */
export function storyOf({ nodes, stops, alphabet, ids, parameters, losses }: InsideStep): readonly Stop[] {
  const width = nodes[stops.embedding]!.values[0]!.shape.at(-1);
  const told: readonly (readonly [keyof InsideStops, string, string])[] = [
    [
      "ids",
      "Letters become numbers",
      `${alphabet.length} different letters, so each is a number from 0 to ${alphabet.length - 1}.`,
    ],
    ["embedding", "Each picks a row", `A table has ${width} numbers for each letter.`],
    ["network", "The network", `It ${networks[nodes[stops.network]?.op ?? ""] ?? "computes."}`],
    ["logits", "Scores", `After each of ${ids.length} letters, a score for every letter that could come.`],
    ["surprise", "Surprise", "−log of the probability of the letter that did come."],
    [
      "loss",
      "The loss",
      `The sum of all surprises: ${(losses.at(-2)! * ids.length).toFixed(2)}, or ${losses.at(-2)!.toFixed(2)} a letter.`,
    ],
    [
      "scores",
      "Back from the end",
      "How the loss changes with each score: its probability, less 1 at the right letter.",
    ],
    ["gradient", "To the beginning", "Node by node to the first table, each by the rule of its operation."],
    [
      "update",
      "Every weight moves",
      `${number(parameters)} numbers, each a little against its gradient, so that the loss falls.`,
    ],
  ];
  return told.map(([stop, title, sentence]) => ({ node: stops[stop], title, sentence }));
}

/** Shows the graph, which may be below the screen, at a node. */
function walkTo(node: number): void {
  goTo(node);
  const walk = document.querySelector(".node");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  walk?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

export function Story({ step }: { readonly step: InsideStep }) {
  const { alphabet, ids, labels } = step;
  return (
    <>
      <ol class="window" aria-label="Each letter, its number, and the letter that is to be said after it">
        {ids.map((id, i) => (
          <li key={i}>
            <span>{visible(alphabet[id]!)}</span>
            <i>{id}</i>
            <span class="label">{visible(alphabet[labels[i]!]!)}</span>
          </li>
        ))}
      </ol>
      <ol class="story" aria-label="The step, from text to changed weights">
        {storyOf(step).map(({ node, title, sentence }) => (
          <li key={title}>
            <button type="button" aria-pressed={at.value.node === node} onClick={() => walkTo(node)}>
              <b>{title}</b> <small>{sentence}</small>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

/** To the next stop after the node that is looked at. */
export function NextStop({ step }: { readonly step: InsideStep }) {
  const next = storyOf(step).find(({ node }) => node > at.value.node);
  return (
    <Button kind="plain" disabled={!next} onClick={() => next && goTo(next.node)}>
      {next ? `On to: ${next.title}` : "The end of the step"}
    </Button>
  );
}

/** What the step was for: the right letters are likelier after it. */
export function Better({
  step: { alphabet, ids, labels, before, after, losses },
}: {
  readonly step: InsideStep;
}) {
  const [loss, next] = losses.slice(-2) as [number, number];
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return (
    <Section title="Before and after the step">
      <p class="outcome" role="status">
        The loss goes from <b>{loss.toFixed(4)}</b> to <b>{next.toFixed(4)}</b> nats per letter
        {next < loss ? "." : ": up. The learning rate is too large; try a smaller one."}
      </p>
      <table class="better">
        <caption>Probability of the letter that comes</caption>
        <thead>
          <tr>
            <th scope="col">after</th>
            <th scope="col">comes</th>
            <th scope="col">before the step</th>
            <th scope="col">after it</th>
          </tr>
        </thead>
        <tbody>
          {ids.map((id, i) => (
            <tr key={i}>
              <th scope="row">{visible(alphabet[id]!)}</th>
              <td>{visible(alphabet[labels[i]!]!)}</td>
              {[before[i]!, after[i]!].map((share, k) => (
                <td key={k}>
                  <i style={{ width: `${100 * share}%` }} class={k === 1 ? "now" : undefined} />
                  <span>{percent(share)}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {losses.length > 2 && (
        <p class="note">Loss by step: {losses.map((one) => one.toFixed(2)).join(", ")}</p>
      )}
    </Section>
  );
}
