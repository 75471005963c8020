/** How a matrix is packed is told by its shape alone. */
import { expect, it } from "vitest";
import { packingOf, quantizedBlock } from "./quantized.ts";

it("is one packing for each shape, of every width", () => {
  for (let width = 1; width <= 5000; width++)
    for (const bits of [4, 8] as const)
      for (const whole of [true, false]) {
        const block = quantizedBlock(bits, width, whole);
        const shape = [3, Math.ceil(width / block), (block * bits) / 8];
        expect(packingOf(shape, width), `${width} numbers in ${bits} bits`).toEqual({ bits, block });
      }
});
