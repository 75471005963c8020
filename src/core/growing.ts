/** A typed array to whose end numbers are added. */
export class Growing<T extends Int32Array | Uint32Array> {
  length = 0;
  #array: T;

  /** @param array room to begin with: one place or more */
  constructor(array: T) {
    this.#array = array;
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = new (this.#array.constructor as new (size: number) => T)(2 * this.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length++] = value;
  }

  /** A copy of what was added. */
  whole(): T {
    return this.#array.slice(0, this.length) as T;
  }
}
