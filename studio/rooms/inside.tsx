/** Inside: one training step of a tiny network, every number of it, and its gradients checked. */
import {
  Button,
  Choice,
  count,
  Field,
  Fold,
  Opening,
  Problem,
  Same,
  Section,
  SeedField,
} from "../ui/parts.tsx";
import { Graph } from "./inside/graph.tsx";
import { Node } from "./inside/node.tsx";
import { exactly } from "./inside/numbers.tsx";
import { commandOf, programOf } from "./inside/program.ts";
import {
  checkAll,
  checked,
  checking,
  done,
  goTo,
  model,
  problem,
  rate,
  rateInUse,
  request,
  seed,
  step,
  text,
  typed,
} from "./inside/state.ts";
import { Better, Story } from "./inside/story.tsx";
import "./inside.css";

const models = [
  { value: "char-rnn", name: "RNN", hint: "The smallest: a memory of six numbers" },
  { value: "char-lstm", name: "LSTM", hint: "A memory with gates" },
  { value: "char-transformer", name: "Transformer", hint: "Attention, as in GPT; a long graph" },
] as const;

/** Steps that the second button takes. */
const MORE = 10;

export function Inside() {
  const shown = step.value;
  return (
    <>
      <Opening title="Inside one training step">
        A network of a few numbers learns to say the next letter of one text. Follow a step from the letters
        to the loss, back to every weight, and see that it helped.
      </Opening>
      <div class="columns lead">
        <div class="fields">
          <Field
            label="Text of the step"
            value={text}
            onInput={(now) => {
              typed.value = now;
            }}
            hint="3 to 17 letters; its letters are the whole alphabet"
          />
          <Field
            label="Learning rate"
            value={rate}
            type="number"
            min={0}
            step={0.05}
            hint={`Empty: ${rateInUse()}, which suits the network`}
          />
          <SeedField value={seed} hint="Other weights to begin with" />
        </div>
        <Choice legend="Network" value={model} options={models} />
      </div>
      <Problem sentence={problem.value} />
      {shown && (
        <>
          <Section title={`Step ${shown.losses.length - 1}, in one look`}>
            <Story step={shown} />
          </Section>
          <Better step={shown} />
          <div class="actions">
            <Button
              kind="main"
              onClick={() => {
                done.value += 1;
              }}
            >
              Next step
            </Button>
            <Button
              onClick={() => {
                done.value += MORE;
              }}
            >
              {MORE} steps on
            </Button>
            {done.value > 0 && (
              <Button
                onClick={() => {
                  done.value = 0;
                }}
              >
                First step
              </Button>
            )}
          </div>
          <Section title="Node by node">
            <p class="note">
              The graph as Punchline dumps it: each line is an operation, what it reads and the shape of what
              it gives. The one that you choose is shown with its numbers; its inputs have a mark at the left,
              its readers at the right.
            </p>
            <div class="columns walk">
              <Graph step={shown} />
              <Node step={shown} />
            </div>
          </Section>
          <CheckedAll />
          <Fold title="The whole dump">
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
            <pre tabIndex={0}>
              <code>{shown.dump}</code>
            </pre>
          </Fold>
          <Same command={commandOf(request.value, shown)} code={programOf(request.value, shown)} />
        </>
      )}
    </>
  );
}

function CheckedAll() {
  const rows = checked.value;
  const worst = Math.max(...rows.map(({ difference }) => difference));
  return (
    <Section title="Is the gradient right?">
      <p class="note">
        Every weight is moved up and down a little, and the loss computed again from the letters on, in
        float64 by the reference of each operation: no backward pass, no ONNX. The slopes must be the
        gradients that the step used.
      </p>
      <div class="actions">
        <Button onClick={checkAll} disabled={checking.value}>
          Check every weight
        </Button>
      </div>
      {rows.length > 0 && (
        <table class="checked">
          <thead>
            <tr>
              <th scope="col">parameter</th>
              <th scope="col">numbers</th>
              <th scope="col">largest gradient</th>
              <th scope="col">largest difference</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, node, numbers, gradient, difference }) => (
              <tr key={name}>
                <th scope="row">
                  <button type="button" class="plain" onClick={() => goTo(node)}>
                    {name}
                  </button>
                </th>
                <td>{numbers}</td>
                <td>{exactly(gradient)}</td>
                <td>{difference.toExponential(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p role="status" class="agreement">
        {rows.length > 0 &&
          !checking.value &&
          `${count(
            rows.reduce((sum, { numbers }) => sum + numbers, 0),
            "number",
          )} checked; the largest difference is ${worst.toExponential(1)}.`}
      </p>
    </Section>
  );
}
