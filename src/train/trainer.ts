/**
 * The training loop: batches in, better weights out, told as events.
 *
 * One step is: the compiled graph writes the loss and the summed gradient of a batch into the arena; the
 * gradient of all accumulated batches is scaled by the true number of its targets and clipped; the
 * optimiser updates the weights in place. Everything random is addressed by seed and step, so that a
 * training resumed from a checkpoint goes on bit for bit.
 */

import { gradients } from "../autodiff/grad.ts";
import type { HostArray } from "../core/array.ts";
import { float32, int32 } from "../core/array.ts";
import { PunchlineError } from "../core/errors.ts";
import type { BatchSource, TokenBatch } from "../data/batches/batch.ts";
import { StreamScorer } from "../evaluate/likelihood.ts";
import { zeroState } from "../generate/state.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model, State } from "../models/model.ts";
import { countParameters } from "../models/model.ts";
import { objective } from "../models/objective.ts";
import { training } from "../nn/mode.ts";
import type { Parameters } from "../nn/parameters.ts";
import { clipGlobalNorm } from "../optim/clip.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { schedule } from "../optim/schedule.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import { compile } from "../runtime/compile.ts";
import type { LogRow, SampleRow, StopReason, TrainEvent } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { freshState, type TrainState } from "./state.ts";

/** Where a training leaves its results; a run folder in Node, memory in a browser. */
export interface TrainSink {
  /** The weights of the best validation so far stand in the arena. */
  best(state: TrainState): Promise<void>;
  /** Everything for a resume stands in the arena and in `carried`. */
  last(state: TrainState, carried: Readonly<Record<string, HostArray>>): Promise<void>;
  log(row: LogRow): Promise<void>;
  sample(row: SampleRow): Promise<void>;
  /** A copy of the weights of this step, kept beside the others. */
  snapshot(step: number): Promise<void>;
}

export interface TrainerParts {
  readonly model: Model;
  readonly arena: Arena;
  readonly backend: Backend;
  readonly optimizer: Optimizer;
  readonly batches: BatchSource;
  /** Tokens of the validation split, an end of text first; too short a one is not scored. */
  readonly validation?: ArrayLike<number>;
  readonly options: TrainOptions;
  readonly sink: TrainSink;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Writes a text with the weights as they are. */
  readonly writeSample?: () => Promise<string>;
  readonly signal?: AbortSignal;
  /** Where to go on from. */
  readonly resume?: { readonly state: TrainState; readonly carried: Readonly<Record<string, HostArray>> };
}

export interface TrainOutcome {
  readonly stopped: StopReason;
  readonly state: TrainState;
}

/** Steps after which the speed is known well enough to plan by. */
const MEASURED_STEPS = 20;
/** Validations of a training, unless it says how often. */
const PARTS = 20;

/** What is to be done after a step. */
interface Due {
  readonly validation: boolean;
  readonly sample: boolean;
}

export async function runTraining(parts: TrainerParts): Promise<TrainOutcome> {
  const loop = new Loop(parts);
  try {
    return await loop.run();
  } finally {
    await loop.release();
  }
}

class Loop {
  readonly #parts: TrainerParts;
  readonly #options: TrainOptions;
  readonly #step;
  readonly #scorer: StreamScorer | undefined;
  #state: TrainState;
  #carried: Readonly<Record<string, HostArray>>;
  /** Seconds of earlier sittings. */
  readonly #before: number;
  readonly #begun = performance.now();
  #rate = { steps: 0, seconds: 0 };
  #saved = performance.now();
  #savedStep = -1;

  constructor(parts: TrainerParts) {
    const { model, backend, options, resume } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#state = resume?.state ?? freshState;
    this.#before = this.#state.seconds;
    this.#carried = resume?.carried ?? this.#freshCarry();
    if (resume) parts.batches.restore(resume.state.batches);
    this.#step = compile(
      (
        parameters: Parameters,
        input: { ids: Tensor; targets: Tensor; weights?: Tensor; progress?: Tensor; state: State },
      ) => {
        const { loss, state } = objective(model, parameters, input, training());
        const trainable = Object.entries(parameters).filter(([name]) => name in parts.arena.gradients);
        const found = gradients(
          loss,
          trainable.map(([, tensor]) => tensor),
        );
        return {
          loss,
          gradients: Object.fromEntries(trainable.map(([name], i) => [name, found[i]!])),
          state,
        };
      },
      { backend },
    );
    this.#scorer =
      parts.validation && parts.validation.length > 1
        ? new StreamScorer(model, backend, {
            ...(Number.isFinite(model.contextLength) ? {} : { length: options.seqLen }),
          })
        : undefined;
  }

  async run(): Promise<TrainOutcome> {
    const { onEvent, resume, model } = this.#parts;
    const planned = this.#planned();
    onEvent?.({
      type: "start",
      steps: planned ?? 0,
      parameters: countParameters(model),
      ...(resume ? { resumedFrom: this.#state.step } : {}),
    });
    if (planned !== null) this.#set({ plannedSteps: planned });
    const stopped = await this.#loop();
    if (stopped !== "interrupt" && this.#state.lastValidationStep !== this.#state.step) {
      await this.#validate();
      await this.#flush();
    }
    await this.#save();
    onEvent?.({ type: "end", stopped, step: this.#state.step });
    return { stopped, state: this.#state };
  }

  async release(): Promise<void> {
    await this.#step.release();
    await this.#scorer?.release();
  }

  async #loop(): Promise<StopReason> {
    const { signal } = this.#parts;
    const { patience = Infinity, maxMinutes = Infinity } = this.#options;
    while (true) {
      if (signal?.aborted) return "interrupt";
      const { plannedSteps, step: done } = this.#state;
      if (!this.#timed() && plannedSteps !== null && done >= plannedSteps) return "steps";
      if (this.#seconds() >= maxMinutes * 60) return "time";
      const due = await this.#update();
      if (due.validation) await this.#validate();
      await this.#flush();
      await this.#extras(due);
      if (this.#state.sinceBest >= patience) return "early";
    }
  }

  /** One step of the weights. */
  async #update(): Promise<Due> {
    const { arena, optimizer, batches } = this.#parts;
    const { accumulate, clip, seed, learningRate } = this.#options;
    const begun = performance.now();
    const step = this.#state.step + 1;
    let nats = 0;
    let targets = 0;
    for (let micro = 0; micro < accumulate; micro++) {
      const batch = batches.next();
      if (batch.fresh) this.#carried = this.#freshCarry(batch.batch);
      const result = await this.#step.run([arena.parameters, this.#input(batch) as never], {
        into: { gradients: arena.gradients } as never,
        random: { seed, step: (step - 1) * accumulate + micro },
      });
      this.#carried = result.state as Record<string, HostArray>;
      nats += (result.loss as HostArray<"float32">).data[0]!;
      targets += batch.targets;
      if (micro < accumulate - 1) arena.accumulate();
    }
    if (accumulate > 1) arena.addAccumulated();
    const lr = learningRate * schedule(this.#scheduleOptions())(step);
    const { norm, gradScale, finite } = clipGlobalNorm(arena, clip > 0 ? clip : Infinity, 1 / targets);
    if (!finite || !Number.isFinite(nats)) throw diverged(step, nats / targets, norm, lr);
    optimizer.step(arena, { step, lr, gradScale });

    const seconds = (performance.now() - begun) / 1000;
    const { interval } = this.#state;
    this.#rate = { steps: this.#rate.steps + 1, seconds: this.#rate.seconds + seconds };
    this.#set({
      step,
      tokens: this.#state.tokens + targets,
      batches: batches.state(),
      interval: {
        loss: interval.loss + nats,
        tokens: interval.tokens + targets,
        seconds: interval.seconds + seconds,
      },
    });
    const due = this.#due();
    if (
      step === 1 ||
      step % this.#options.logEvery === 0 ||
      step === this.#state.plannedSteps ||
      due.validation
    ) {
      this.#log(lr, norm);
    }
    return due;
  }

  /** What falls due after the step just taken: by steps, or, under a time limit, by its twentieths. */
  #due(): Due {
    const { validateEvery, sampleEvery, maxMinutes } = this.#options;
    const { step, plannedSteps } = this.#state;
    const every =
      validateEvery ?? (this.#timed() ? undefined : Math.max(25, Math.round((plannedSteps ?? 0) / PARTS)));
    const part = Math.floor((PARTS * this.#seconds()) / ((maxMinutes ?? Infinity) * 60));
    const validation = every === undefined ? part > this.#part : step % every === 0;
    this.#part = part;
    const sample =
      sampleEvery === undefined ? validation || step === 1 : sampleEvery > 0 && step % sampleEvery === 0;
    return { validation, sample };
  }

  /** Twentieths of the time limit that have passed. */
  #part = 0;

  #input(batch: TokenBatch) {
    const shape = [batch.batch, batch.length];
    return {
      ids: int32(shape, batch.x),
      targets: int32(shape, batch.y),
      ...(batch.weights ? { weights: float32(shape, batch.weights) } : {}),
      ...(this.#parts.model.needsProgress ? { progress: float32([], [this.#progress()]) } : {}),
      state: this.#carried,
    };
  }

  #log(lr: number, gradNorm: number): void {
    const { interval, step, tokens } = this.#state;
    const row: LogRow = {
      step,
      epoch: tokens / this.#parts.batches.targetsPerEpoch,
      seconds: this.#seconds(),
      tokens,
      loss: interval.loss / interval.tokens,
      lr,
      grad_norm: gradNorm,
      tokens_per_s: interval.tokens / interval.seconds,
    };
    this.#set({ lastLoss: row.loss, interval: freshState.interval });
    this.#replan();
    this.#pending = row;
    this.#parts.onEvent?.({ type: "log", row, secondsLeft: this.#secondsLeft() });
  }

  /** A log row that waits for the validation of its step. */
  #pending: LogRow | undefined;

  async #flush(): Promise<void> {
    const row = this.#pending;
    this.#pending = undefined;
    if (row) await this.#parts.sink.log(row);
  }

  async #validate(): Promise<void> {
    const { validation, arena, sink, onEvent } = this.#parts;
    const { step } = this.#state;
    if (this.#scorer && validation) {
      const { nats, tokens } = await this.#scorer.score(arena.parameters, validation);
      const loss = nats / tokens;
      if (!Number.isFinite(loss)) throw diverged(step, loss, Number.NaN, Number.NaN);
      const best = this.#state.bestLoss === null || loss < this.#state.bestLoss;
      this.#set({
        lastValidation: loss,
        bestLoss: best ? loss : this.#state.bestLoss,
        bestStep: best ? step : this.#state.bestStep,
        sinceBest: best ? 0 : this.#state.sinceBest + 1,
      });
      if (this.#pending) this.#pending = { ...this.#pending, val_loss: loss };
      onEvent?.({ type: "validation", step, loss, best });
      if (best) {
        await sink.best(this.#state);
        onEvent?.({ type: "checkpoint", step, kind: "best" });
      }
    }
    this.#set({ lastValidationStep: step });
    await this.#save();
  }

  /** Samples, copies of the weights and checkpoints that fall due after a step. */
  async #extras(due: Due): Promise<void> {
    const { writeSample, sink, onEvent } = this.#parts;
    const { snapshotEvery, checkpointSeconds } = this.#options;
    const { step } = this.#state;
    if (writeSample && due.sample) {
      const row = { step, text: await writeSample() };
      await sink.sample(row);
      onEvent?.({ type: "sample", row });
    }
    if (snapshotEvery > 0 && step % snapshotEvery === 0) await sink.snapshot(step);
    if (performance.now() - this.#saved > checkpointSeconds * 1000) await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#savedStep === this.#state.step) return;
    this.#set({ seconds: this.#seconds() });
    await this.#parts.sink.last(this.#state, this.#carried);
    this.#saved = performance.now();
    this.#savedStep = this.#state.step;
    this.#parts.onEvent?.({ type: "checkpoint", step: this.#state.step, kind: "last" });
  }

  /** Steps planned by the options alone; null where a time limit has to be measured first. */
  #planned(): number | null {
    const { steps, epochs, maxMinutes, accumulate } = this.#options;
    if (this.#state.plannedSteps !== null) return this.#state.plannedSteps;
    if (steps !== undefined) return steps;
    if (epochs !== undefined) {
      return Math.max(
        1,
        Math.ceil(
          (epochs * this.#parts.batches.targetsPerEpoch) / (this.#parts.batches.targetsPerBatch * accumulate),
        ),
      );
    }
    return maxMinutes === undefined ? 2000 : null;
  }

  /** Whether the time limit alone ends the training. */
  #timed(): boolean {
    const { steps, epochs, maxMinutes } = this.#options;
    return steps === undefined && epochs === undefined && maxMinutes !== undefined;
  }

  /** Under a time limit: how many steps it will allow, so that the learning rate can follow its schedule. */
  #replan(): void {
    if (!this.#timed() || this.#rate.steps < MEASURED_STEPS) return;
    const elapsed = this.#seconds() - this.#before;
    const left = Math.max(0, this.#options.maxMinutes! * 60 - this.#seconds());
    const plannedSteps = this.#state.step + Math.round((left * this.#rate.steps) / elapsed);
    this.#set({ plannedSteps });
    this.#parts.onEvent?.({ type: "planned", steps: plannedSteps });
  }

  #scheduleOptions() {
    const steps = this.#state.plannedSteps;
    const { warmup } = this.#options;
    if (steps === null) return { kind: "constant" as const, warmup, steps: Number.MAX_SAFE_INTEGER };
    return { kind: this.#options.schedule, warmup: Math.min(warmup, Math.ceil(steps / 10)), steps };
  }

  #progress(): number {
    const { plannedSteps, step } = this.#state;
    return plannedSteps ? Math.min(1, step / plannedSteps) : 0;
  }

  #secondsLeft(): number {
    const { plannedSteps, step } = this.#state;
    const limit = (this.#options.maxMinutes ?? Infinity) * 60 - this.#seconds();
    if (plannedSteps === null) return limit;
    const elapsed = this.#seconds() - this.#before;
    return Math.min(limit, ((plannedSteps - step) * elapsed) / Math.max(1, this.#rate.steps));
  }

  /** Seconds of training, earlier sittings included. */
  #seconds(): number {
    return this.#before + (performance.now() - this.#begun) / 1000;
  }

  #freshCarry(batch = this.#options.batchSize): Record<string, HostArray> {
    return Number.isFinite(this.#parts.model.contextLength) ? {} : zeroState(this.#parts.model.state(batch));
  }

  #set(change: Partial<TrainState>): void {
    this.#state = { ...this.#state, ...change };
  }
}

function diverged(step: number, loss: number, norm: number, lr: number): PunchlineError {
  return new PunchlineError(
    "diverged",
    `Training stopped at step ${step}: the loss is ${loss} and the gradient's norm ${norm} (learning rate ${lr.toPrecision(3)}); ` +
      "the last checkpoint before it is kept. Lower --learning-rate, or raise --warmup.",
    { details: { step, loss, norm, lr } },
  );
}
