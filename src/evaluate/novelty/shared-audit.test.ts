import { expect, it } from "vitest";
import { ranksInProcess } from "../../../test/ranks-in-process.ts";
import { prepareData } from "../../data/prepare-sources.ts";
import { follow, Lead } from "../../ranks/ranks.ts";
import { auditSource } from "./audit-source.ts";
import type { Judged } from "./auditor.ts";
import { auditWork, shareAudit } from "./shared-audit.ts";

it.each([2, 3])(
  "%i ranks find what one finds: copies, their places, and what is in other parts",
  async (size) => {
    const data = await prepareData("one-liners");
    const { train, test } = data.splits;
    const samples = [
      train[3]!,
      `${train[90]!} Really!`,
      test[1]!,
      data.droppedTexts![0]!.text,
      "A new one about an otter that nobody wrote.",
      train[40]!.split(" ").slice(0, 7).join(" "),
    ];
    const rule = { near: 0.8 };
    const options = { data, rule, prompt: "Why" };
    const alone = await auditSource(samples, options);
    const ranks = ranksInProcess(size);
    const lead = new Lead(ranks[0]);
    const others = ranks.slice(1).map((one) => follow(one, auditWork(one)));
    const done: number[] = [];
    try {
      const judgeTexts = await shareAudit(lead, data, { rule });
      const onProgress = (n: number) => void done.push(n);
      expect(await auditSource(samples, { ...options, judgeTexts, onProgress })).toEqual(alone);
    } finally {
      await lead.dismiss();
      await Promise.all(others);
    }
    expect(alone.parts).toMatchObject({ train: expect.any(Number), test: 1 });
    expect(alone.samples[0]).toMatchObject({ copy: true, place: { source: "one-liners" } });
    expect(done).toEqual([...done].sort((a, b) => a - b));
  },
);

it("takes more texts than a function has arguments", async () => {
  const judge = await shareAudit(new Lead(), await prepareData("one-liners"), {});
  const texts = Array.from({ length: 300_000 }, () => "a");
  expect(await judge({ judge: () => ({}) as Judged }, texts)).toHaveLength(texts.length);
});
