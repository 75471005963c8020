/** What a model cannot be asked about its training texts is left out by name, with the reason, everywhere. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { prepareTexts } from "../src/data/prepare.ts";
import { auditModel, type ModelAudit } from "../src/evaluate/novelty/audit-model.ts";
import { temporaryFolder } from "./cli.ts";
import { punchline } from "./cli-here.ts";
import { randomModel } from "./random-model.ts";

// The vocabulary has a "Z", and no "z" to write it in lower case.
const texts = Array.from({ length: 120 }, (_, k) => `Zoe met ${k * 37} of the ${k * 7919} hens.`);

describe("punchline novelty of a run", () => {
  const audited = async (model: readonly string[]) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "hens.txt"), texts.join("\n"));
    const trained = await punchline(
      [
        ...["train", "--out", "run", "--data", "hens.txt", "--near", "off", "--steps", "2"],
        ...["--width", "8", "--batch-size", "4", "--validation-tokens", "200", ...model],
      ],
      { cwd },
    );
    expect(trained.status, trained.stderr).toBe(0);
    const words = ["novelty", "run", "-n", "4", "--max-length", "12", "--asked", "6", "--prefix", "4"];
    const ran = await punchline([...words, "--page", "page.html", "--json"], { cwd });
    expect(ran.status, ran.stderr).toBe(0);
    const told = await punchline(words, { cwd });
    const { body } = parseHTML(readFileSync(join(cwd, "page.html"), "utf8")).document;
    return {
      audit: JSON.parse(ran.stdout) as ModelAudit,
      told: told.stdout.replace(/\s+/g, " "),
      page: body.textContent!.replace(/\s+/g, " "),
    };
  };

  it("with a vocabulary of its own leaves out the signal that it cannot spell", async () => {
    const { audit, told, page } = await audited(["--keep-unicode"]);
    expect(audit.membership!.map(({ signal }) => signal)).toEqual(["perplexity", "zlib"]);
    expect(audit.membership_left_out).toEqual([
      { signal: "lowercase", reason: expect.stringContaining('"z"') },
    ]);
    expect(audit.extraction).toBeDefined();
    expect(told).toMatch(/Left out of the membership signals: lowercase\. .*"z"/);
    expect(page).toMatch(/Left out of what tells .*likelier than itself in lower case\. .*"z"/);
  });

  it("that predicts only after a window leaves out all of them", async () => {
    const { audit, told, page } = await audited(["--model", "char-bilstm", "--window", "8"]);
    expect(audit.membership).toEqual([]);
    expect(audit.membership_left_out!.map(({ signal }) => signal)).toEqual([
      "perplexity",
      "zlib",
      "lowercase",
    ]);
    expect(audit.extraction).toBeUndefined();
    for (const where of [told, page]) {
      expect(where).toMatch(/A char-bilstm does not predict each token of a text from those before it/);
      expect(where).toContain("not asked to complete training texts");
    }
  });
});

it("a masked model is not asked, and the document says so", async () => {
  const data = await prepareTexts([{ texts }], { nearDuplicates: false });
  const lm = randomModel("char-transformer", { sizes: { width: 8, layers: 1, heads: 1 } });
  const masked = { ...lm, model: { ...lm.model, predicts: "masked" as const } };
  const audit = await auditModel([texts[0]!], { data, lm: masked });
  expect(audit.membership_left_out).toHaveLength(3);
  expect(audit.membership_left_out![0]!.reason).toContain("does not predict each token");
  expect(audit.notes!.join(" ")).toContain("not asked to complete training texts");
});
