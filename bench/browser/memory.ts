/** Memory of a training in the studio as time goes by, and whether one that was killed ends as one that was not. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Page } from "playwright-core";
import { cityTexts } from "../../src/data/sources/city-texts.ts";
import { launchBrowser } from "../../test/browser.ts";
import { builtStudio } from "../../test/studio-page.ts";
import { type BenchRow, median, row } from "../bench.ts";
import { quick } from "../quick.ts";
import { megabytes, renderers } from "./memory-of-pages.ts";
import type { RunAsk } from "./pages/ours-runs.ts";
import { startSide } from "./side.ts";

/** Milliseconds between two looks at all memory, and between two collections of the garbage. */
const [INTERVAL, COLLECTED] = [500, 5000];
const STEPS = quick ? 12 : 60;
/** Milliseconds in which a worker that computes comes to hear of something. */
const HEARD = 2000;
/** Minutes that a busy machine may take longer. */
const PATIENCE = 20;

/** @param minutes of the training whose memory is watched */
export async function memoryRows(minutes: number): Promise<BenchRow[]> {
  return [await exactRow(), await memoryRow(minutes)];
}

/**
 * A training of the studio's room, with its chart and its texts on the screen. What its page and its worker have let go of
 * is no part of the figure: they collect that after minutes, so that it would say when they last did.
 */
async function memoryRow(minutes: number): Promise<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), "punchline-bench-"));
  const server = await builtStudio(folder);
  const browser = await launchBrowser({ gc: true });
  const memory = () => megabytes(renderers(process.pid));
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}#/train?size=medium&minutes=${minutes}`);
    await page.click("button.main:has-text('Train'):not(:disabled)");
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, memory());
    }, INTERVAL);
    let training = true;
    const over = page
      .waitForSelector("text=Write with it", { timeout: 60_000 * (minutes + PATIENCE) })
      .finally(() => {
        training = false;
        clearInterval(timer);
      });
    const held: number[] = [];
    while (training) {
      await Promise.race([over, setTimeout(COLLECTED)]);
      await collect(page);
      if (training) held.push(memory());
    }
    await over;
    const part = (from: number, to: number) =>
      median(held.slice(Math.floor(held.length * from), Math.ceil(held.length * to)));
    return row({
      case: `memory that the tab holds at the end of ${minutes} min of training, LSTM 1x256`,
      unit: "MB",
      better: "less",
      ours: part(0.8, 1),
      peer: part(0.2, 0.4),
      peerName: "the same training, early",
      note: `medians of the last fifth and of the second; at most ${most.toFixed(0)} MB with what is not collected yet`,
    });
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Frees what the page and its workers have let go of; a thread of the runtime that waits for work hears nothing. */
async function collect(page: Page): Promise<void> {
  const gc = () => (globalThis as unknown as { gc(): void }).gc();
  await page.evaluate(gc);
  const collected = page.workers().map((worker) => worker.evaluate(gc).catch(() => {}));
  await Promise.race([Promise.all(collected), setTimeout(HEARD)]);
}

/** Two trainings of the same steps, of which one is killed with its tab and goes on in another. */
async function exactRow(): Promise<BenchRow> {
  const side = await startSide({ script: "ours-runs.ts", name: "Punchline" });
  if ("absent" in side) throw new Error(side.absent);
  try {
    const ask = <T>(request: RunAsk) => side.ask<T>(request);
    const steps = {
      texts: [...(await cityTexts())],
      model: "char-lstm",
      modelOptions: { width: 64 },
      train: {
        steps: STEPS,
        batchSize: 8,
        seqLen: 32,
        checkpointSeconds: 0,
        validateEvery: STEPS / 3,
        sampleEvery: 0,
      },
    } as const;
    await ask({ op: "train", run: "whole", ...steps });
    const { step } = await ask<{ step: number }>({ op: "train", run: "killed", until: STEPS / 2, ...steps });
    await side.kill();
    await ask({ op: "resume", run: "killed" });
    const sumOf = async (run: string) => (await ask<{ sum: string }>({ op: "weights", run })).sum;
    return row({
      case: `weights equal after the tab was killed at step ${step} of ${STEPS} and the run went on`,
      unit: "of runs",
      better: "more",
      ours: Number((await sumOf("whole")) === (await sumOf("killed"))),
      peer: 1,
      peerName: "the run that was not killed",
    });
  } finally {
    await side.stop();
  }
}
