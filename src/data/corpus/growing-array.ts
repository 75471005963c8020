/** Numbers whose count is not known before: in pages, so that growing copies nothing. */

const PAGE = 1 << 18;

type Numbers = Uint8Array | Uint32Array;

export class GrowingArray<T extends Numbers> {
  readonly #make: new (
    length: number,
  ) => T;
  readonly #pages: T[] = [];
  #length = 0;

  constructor(make: new (length: number) => T) {
    this.#make = make;
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const place = this.#length % PAGE;
    if (place === 0) this.#pages.push(new this.#make(PAGE));
    this.#pages.at(-1)![place] = value;
    this.#length++;
  }

  at(i: number): number {
    return this.#pages[Math.floor(i / PAGE)]![i % PAGE]!;
  }
}
