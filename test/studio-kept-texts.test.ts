/** Texts that the studio kept in the browser's storage: what is damaged is said, and never written over. */
import { beforeEach, expect, test, vi } from "vitest";

const files = vi.hoisted(() => new Map<string, string>());
const unreadable = vi.hoisted(() => new Set<string>());

vi.mock("../studio/state/storage.ts", () => {
  const store = {
    async read(name: string) {
      if (unreadable.has(name)) throw new DOMException(name, "NotReadableError");
      const content = files.get(name);
      if (content === undefined) throw new DOMException(name, "NotFoundError");
      return new File([content], name, { lastModified: 1 });
    },
    async write(name: string, content: string | File) {
      files.set(name, typeof content === "string" ? content : await content.text());
    },
    async remove(name: string) {
      files.delete(name);
    },
  };
  return { storage: async () => store, alone: (work: (files: typeof store) => unknown) => work(store) };
});
vi.mock("../studio/state/engine.ts", () => ({
  call: () => Promise.reject(new Error("There is no worker here.")),
  sentenceOf: (error: Error) => error.message,
}));

const { choose, given, pastedName, restore, restoreProblem } = await import("../studio/state/texts.ts");

const DAMAGED =
  "The texts that this browser kept for you are damaged and cannot be read. Give them again; until then a built-in list is chosen.";
const list = { name: "Dishes", texts: ["Smoky bean crumble", "Lemon barley broth"] };

beforeEach(() => {
  files.clear();
  unreadable.clear();
  given.value = undefined;
  restoreProblem.value = undefined;
});

test("what was chosen is there again, and the first list where nothing was", async () => {
  await restore();
  expect(given.value!.name).toBe("City names");
  await choose(list);
  const chosen = given.value;
  given.value = undefined;
  await restore();
  expect(given.value).toEqual(chosen);
  expect(restoreProblem.value).toBe(undefined);
});

test.each([
  ["no view", undefined],
  ["a view without its texts", { unit: "items", texts: 2, characters: 36 }],
  ["a view of another kind", { unit: "items", first: "Smoky", texts: 2 }],
])("texts with %s are looked at again", async (_, view) => {
  await choose(list);
  const chosen = given.value;
  files.set("texts.json", JSON.stringify({ ...list, view }));
  given.value = undefined;
  await restore();
  expect(given.value).toEqual(chosen);
  expect(restoreProblem.value).toBe(undefined);
});

test.each([
  ["cut off", '{"name":"Dishes","texts":["Smo'],
  ["empty", ""],
  ["null", "null"],
  ["without texts", '{"name":"Dishes"}'],
  ["with null for texts", '{"name":"Dishes","texts":null}'],
  ["of texts that are numbers", '{"name":"Dishes","texts":[1,2]}'],
  ["without a name", '{"texts":["Smoky","Lemon"]}'],
  ["of a file that is not there", '{"name":"a.txt","texts":{"file":"a.txt","lastModified":1},"stamp":"1 1"}'],
])("a file that is %s is said in a sentence, and stays as it is", async (_, content) => {
  files.set("texts.json", content);
  await restore();
  expect(given.value!.name).toBe("City names");
  expect(restoreProblem.value).toBe(DAMAGED);
  expect(files.get("texts.json")).toBe(content);
  // Until other texts are given.
  await choose(list);
  expect(restoreProblem.value).toBe(undefined);
  expect(JSON.parse(files.get("texts.json")!).texts).toEqual(list.texts);
});

test("pasted lists are called by their first words", () => {
  expect(pastedName(list.texts.join("\n"))).toBe("Pasted texts: Smoky bean crumble");
  expect(pastedName("\n  Why did the otter cross the frozen river?\nB")).toBe(
    "Pasted texts: Why did the otter cross",
  );
});

test("texts that cannot be read for now are not taken for none, and stay", async () => {
  await choose(list);
  const kept = files.get("texts.json");
  given.value = undefined;
  unreadable.add("texts.json");
  await restore();
  expect(restoreProblem.value).toBe(DAMAGED);
  expect(given.value!.name).toBe("City names");
  expect(files.get("texts.json")).toBe(kept);
});
