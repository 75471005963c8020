/** The program that makes the step of the page. */
import { sizes } from "../../worker/inside/sizes.ts";
import type { InsideRequest, InsideStep } from "../../worker/inside/types.ts";

export const commandOf = ({ model, rate, seed }: InsideRequest, { ids }: InsideStep): string => {
  const options = Object.entries(sizes[model])
    .filter(([, value]) => typeof value === "number")
    .map(([name, value]) => `--${name} ${value}`)
    .join(" ");
  return `punchline train --model ${model} ${options} --data names.txt --batch-size 1 --seq-len ${ids.length} --optimizer sgd --learning-rate ${rate} --steps 1 --seed ${seed} --out runs/one-step`;
};

export function programOf(
  { model, rate, seed }: InsideRequest,
  { alphabet, ids, labels }: InsideStep,
): string {
  const n = ids.length;
  return `import { compile, crossEntropy, float32, int32, multiply, type Parameters, Random, reshape, subtract, sum, type Tensor, training, valueAndGrad } from "punchline/engine";
import { nodeBackend } from "punchline/node";
import { architectureOf, buildModel } from "punchline/web";

// Letters: ${alphabet.map((letter, i) => `${i} ${JSON.stringify(letter)}`).join(", ")}
const ids = int32([1, ${n}], [${ids.join(", ")}]);
const labels = int32([1, ${n}], [${labels.join(", ")}]);
const model = buildModel(architectureOf("${model}").configure(${JSON.stringify(sizes[model])}, ${alphabet.length}));

const lossOf = (parameters: Parameters, ids: Tensor, labels: Tensor): Tensor => {
  const { logits } = model.forward(parameters, { ids }, training());
  return sum(crossEntropy(logits, reshape(labels, [${n}])));
};
const step = compile(
  (parameters: Parameters, ids: Tensor, labels: Tensor) => {
    const [loss, gradients] = valueAndGrad(lossOf)(parameters, ids, labels);
    const updated = Object.keys(parameters).map((name) => [
      name,
      subtract(parameters[name]!, multiply(${rate} / ${n}, gradients[name]!)),
    ]);
    return { loss, gradients, updated: Object.fromEntries(updated) as Parameters };
  },
  { backend: nodeBackend() },
);

const initial = model.parameters.map(({ name, shape, initialise }) => {
  const array = float32(shape);
  initialise(array.data, new Random(${seed}, \`initialise/\${name}\`));
  return [name, array];
});
let parameters = Object.fromEntries(initial);
console.log(step.dump(parameters, ids, labels));
for (let k = 1; k <= 10; k++) {
  const { loss, updated } = await step(parameters, ids, labels);
  console.log(\`step \${k}: \${(Number(loss.data[0]) / ${n}).toFixed(4)} nats per letter\`);
  parameters = updated;
}
`;
}
