/** A damaged record is refused by the field that is wrong, whatever else the program uses zod for. */
import { expect, it } from "vitest";
import * as z from "zod/mini";
import { parseRecord } from "./run-record.ts";

const damaged = JSON.stringify({ format: "punchline-run", version: 1, model: 3 });

it("says in English which field is wrong, and leaves the language of the program's own zod as it is", async () => {
  z.config({ localeError: () => "falsch" });
  await expect(parseRecord(damaged, "run/run.json")).rejects.toThrow(
    "run/run.json is damaged: model: Invalid input: expected string, received number; restore the file",
  );
  expect(z.safeParse(z.string(), 3).error!.issues[0]!.message).toBe("falsch");
});
