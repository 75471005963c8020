/** What the studio's worker keeps of the networks of the room Inside while somebody types. */
import { expect, it } from "vitest";
import { newestOf } from "../studio/worker/inside/newest.ts";

/** Resources that tell which of them are there. */
function resources() {
  const alive = new Set<string>();
  let most = 0;
  const make = (key: string) => () => {
    alive.add(key);
    most = Math.max(most, alive.size);
    return {
      key,
      async release() {
        alive.delete(key);
      },
    };
  };
  return { alive, make, most: () => most };
}

const turns = async (n: number) => {
  for (let k = 0; k < n; k++) await new Promise((resume) => setTimeout(resume));
};

it("keeps one network however fast another text is typed, and leaves out those that nobody waits for", async () => {
  const { alive, make, most } = resources();
  const use = newestOf<{ key: string; release(): Promise<void> }>();
  const texts = ["A", "An", "Ann", "Anna", "Annal", "Annali"];
  const done: string[] = [];
  const asked = [];
  for (const text of texts) {
    asked.push(
      use(text, make(text), async ({ key }) => {
        await turns(3);
        // Nothing is released while it is used.
        expect(alive.has(key)).toBe(true);
        done.push(key);
        return key;
      }).catch((error: Error) => error.name),
    );
    await turns(1);
  }
  const results = await Promise.all(asked);
  expect(results.at(-1)).toBe("Annali");
  expect(results.filter((result) => result === "AbortError").length).toBeGreaterThanOrEqual(2);
  expect(done.length + results.filter((result) => result === "AbortError").length).toBe(texts.length);
  expect(most()).toBe(1);
  expect([...alive]).toEqual(["Annali"]);
});

it("lets work under way know that another is asked for, and work on the same go on beside it", async () => {
  const { alive, make } = resources();
  const use = newestOf<{ key: string; release(): Promise<void> }>();
  const long = use("one", make("one"), async (_, superseded) => {
    while (!superseded.aborted) await turns(1);
    return "stopped";
  });
  expect(await use("one", make("one"), async ({ key }) => key)).toBe("one");
  expect(await use("two", make("two"), async ({ key }) => key)).toBe("two");
  expect(await long).toBe("stopped");
  expect([...alive]).toEqual(["two"]);
});

it("uses the same network again for the same text, and goes on after work or a release that failed", async () => {
  const { alive, make } = resources();
  const use = newestOf<{ key: string; release(): Promise<void> }>();
  const broken = async () => {
    throw new Error("broken");
  };
  const first = await use("one", make("one"), async (made) => made);
  await expect(use("one", make("one"), broken)).rejects.toThrow("broken");
  expect(await use("one", make("one"), async (made) => made)).toBe(first);
  await expect(
    use(
      "odd",
      () => {
        throw new Error("too long");
      },
      broken,
    ),
  ).rejects.toThrow("too long");
  expect([...alive]).toEqual([]);
  expect(await use("two", make("two"), async ({ key }) => key)).toBe("two");
  expect([...alive]).toEqual(["two"]);
});
