/** A node of the graph: its numbers, their gradient and finite differences next to it, and the definition of its operation. */
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { Definition } from "../../build/definitions.ts";
import { Button, count } from "../../ui/parts.tsx";
import type { InsideCheck, InsideNode, InsideStep, InsideValue } from "../../worker/inside/types.ts";
import { Links, shortened } from "./graph.tsx";
import { exactly, Numbers, shapeInWords, visible } from "./numbers.tsx";
import { at, check, goTo, lookAt } from "./state.ts";
import { NextStop, storyOf } from "./story.tsx";

export function Node({ step }: { readonly step: InsideStep }) {
  const { nodes } = step;
  const { node: index, value: valueIndex } = at.value;
  const node = nodes[index];
  if (!node) return null;
  const stop = storyOf(step).find((one) => one.node === index);
  const readers = nodes.flatMap(({ reads }, i) => (reads.includes(index) ? [i] : []));
  // What is kept for the backward pass alone has no gradient, and is of little interest.
  const [first, ...others] = node.values;
  const value = node.values[valueIndex] ?? first!;
  return (
    <section class="node" aria-label="The node that is looked at">
      <div class="actions tight steps">
        <Button onClick={() => goTo(index - 1)} disabled={index === 0}>
          Back
        </Button>
        <Button onClick={() => goTo(index + 1)} disabled={index === nodes.length - 1}>
          Next node
        </Button>
        <NextStop step={step} />
      </div>
      <p class="note">
        Node {index + 1} of {nodes.length}
        {stop && (
          <>
            . <b>{stop.title}:</b> {stop.sentence}
          </>
        )}
      </p>
      <h3>
        {value.name} <span class="quiet">{node.op}</span>
      </h3>
      <pre>
        <code>{shortened(node.line)}</code>
      </pre>
      <Links title="It reads" nodes={node.reads} all={nodes} />
      <Links title="Read by" nodes={readers} all={nodes} />
      {others.length > 0 && (
        <div class="field which">
          <label for="which-value">Which of its {node.values.length} results</label>
          <select
            id="which-value"
            value={valueIndex}
            onChange={({ currentTarget }) =>
              lookAt({ value: Number(currentTarget.value), number: 0, node: index })
            }
          >
            {node.values.map(({ name, ...one }, i) => (
              <option key={name} value={i}>
                {name}: {shapeInWords(one)}
                {i > 0 && one.gradient === undefined ? " (kept for the backward pass)" : ""}
              </option>
            ))}
          </select>
        </div>
      )}
      <p class="unseen" role="status">
        {`Node ${index + 1}, ${node.op}${node.role ? `, ${node.role}` : ""}, ${shapeInWords(value)}`}
      </p>
      <Value value={value} node={node} />
      <DefinitionOf op={node.op} />
    </section>
  );
}

function Value({ value, node }: { readonly value: InsideValue; readonly node: InsideNode }) {
  const { number } = at.value;
  const slider = useId();
  const { data, gradient, gradientNode } = value;
  const choose = gradient && ((chosen: number) => lookAt({ number: chosen }));
  return (
    <>
      <Numbers
        title={`Its value: ${shapeInWords(value)}`}
        data={data}
        value={value}
        at={gradient && number}
        onChoose={choose}
      />
      {gradient && (
        <>
          <div class="pair">
            <Numbers
              title="Its gradient, by the backward pass"
              data={gradient}
              value={value}
              at={number}
              onChoose={choose}
            />
            {check.value ? (
              <Numbers
                title="The same by finite differences"
                data={check.value.slopes}
                value={value}
                at={number}
                onChoose={choose}
              />
            ) : (
              <p class="note">Moving each number a little, to see how the loss changes</p>
            )}
          </div>
          {data.length > 1 && (
            <div class="field">
              <label for={slider}>Which number</label>
              <input
                id={slider}
                type="range"
                min={0}
                max={data.length - 1}
                step={1}
                value={number}
                aria-valuetext={`${placeInWords(value, number)}: ${exactly(data[number]!)}`}
                onInput={({ currentTarget }) => lookAt({ number: Number(currentTarget.value) })}
              />
            </div>
          )}
          {check.value && <Moved value={value} gradient={gradient} check={check.value} number={number} />}
          {gradientNode !== undefined && gradientNode >= 0 && node.phase === "forward" && (
            <Button kind="plain" onClick={() => goTo(gradientNode)}>
              Go to the node that computes the gradient
            </Button>
          )}
        </>
      )}
    </>
  );
}

/** Where a number is. */
function placeInWords({ shape, rows, columns }: InsideValue, number: number): string {
  const width = shape.at(-1) ?? 1;
  const [row, column] = [Math.floor(number / width), number % width];
  const name = (letters: readonly string[] | undefined, i: number) =>
    letters?.[i] === undefined ? String(i + 1) : `“${visible(letters[i]!)}”`;
  return shape.length < 2 ? name(columns, column) : `row ${name(rows, row)}, column ${name(columns, column)}`;
}

interface MovedProps {
  readonly value: InsideValue;
  readonly gradient: readonly number[];
  readonly check: InsideCheck;
  readonly number: number;
}

/** One number moved up and down, and what becomes of the loss. */
function Moved({ value, gradient, check: { step, up, down, slopes }, number }: MovedProps) {
  const difference = Math.max(...slopes.map((slope, i) => Math.abs(slope - gradient[i]!)));
  const largest = Math.max(...gradient.map(Math.abs));
  return (
    <>
      <table class="moved">
        <caption>
          One number moved a little, {placeInWords(value, number)}, which is {exactly(value.data[number]!)}
        </caption>
        <tbody>
          <tr>
            <th scope="row">the loss with {step} more</th>
            <td>{exactly(up[number]!)}</td>
          </tr>
          <tr>
            <th scope="row">with {step} less</th>
            <td>{exactly(down[number]!)}</td>
          </tr>
          <tr>
            <th scope="row">their difference over {2 * step}</th>
            <td>{exactly(slopes[number]!)}</td>
          </tr>
          <tr>
            <th scope="row">the gradient by the backward pass</th>
            <td>{exactly(gradient[number]!)}</td>
          </tr>
        </tbody>
      </table>
      <p class="agreement">
        Over {count(slopes.length, "number")}, of which the largest gradient is {exactly(largest)}, the two
        differ by at most <b>{difference.toExponential(1)}</b>.
      </p>
    </>
  );
}

let definitions: Readonly<Record<string, Definition>> | undefined;

function DefinitionOf({ op }: { readonly op: string }) {
  const found = useSignal(definitions);
  useEffect(() => {
    if (definitions) return;
    import("virtual:definitions").then((module) => {
      definitions = module.default;
      found.value = definitions;
    });
  }, []);
  const definition = found.value?.[op];
  if (!definition) return null;
  return (
    <div class="definition">
      <h4>{op}</h4>
      {definition.doc && (
        <p class="note">
          {definition.doc.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}
        </p>
      )}
      {definition.parts.map(({ title, code }, i) => (
        <details key={`${op} ${title}`} open={i === 0}>
          <summary>{title}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre tabIndex={0}>
            <code>{code}</code>
          </pre>
        </details>
      ))}
      <small>
        {definition.file}, line {definition.line}, as this page was built from it
      </small>
    </div>
  );
}
