/**
 * The training loop: batches in, better weights out, events along the way.
 *
 * One step is: the compiled graph writes the loss and the summed gradient of a batch into the arena; the
 * gradient of all accumulated batches, and of all ranks, is scaled by the true number of its targets and clipped; the
 * optimiser updates the weights in place. Then comes what is due after the step: a validation, a line of the log,
 * a sample; and at last, where it is time, a checkpoint. Everything random is addressed by seed and step,
 * and a checkpoint is written only when all before it has been, so that a training resumed from one goes
 * on bit for bit.
 */
import type { BatchSource } from "../data/batches/batch.ts";
import { countParameters, type Model } from "../models/model.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Lead } from "../ranks/ranks.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Backend } from "../runtime/backend.ts";
import type { MeasuredDevice } from "../runtime/measured-in-words.ts";
import { deviceError, withCheckpoint } from "./device-errors.ts";
import { asDivergence, checkFinite, checkLoss, checkWeights } from "./divergence.ts";
import type { LogRow, SampleRow, StopReason, TokenUnit, TrainEvent } from "./events.ts";
import type { TrainOptions } from "./options.ts";
import { Clock, epochsOf, isEarly, isTimed, plannedSteps, timePart, validationInterval } from "./plan.ts";
import type { ValidationSplit } from "./scoring.ts";
import { freshState, type Pending, type TrainState } from "./state.ts";
import type { Carried, TrainingStep } from "./step.ts";
import { Team } from "./team.ts";

/** Where a training leaves its results; a run folder in Node, memory in a browser. */
export interface TrainSink {
  /** The log so far, of earlier sessions too. */
  readonly rows: readonly LogRow[];
  /** Saves the weights of the best validation so far, which are in the arena. */
  best(state: TrainState): Promise<void>;
  /** Saves what a resume needs, which is in the arena, in `carried`, and in `outer` where ranks average seldom. */
  last(state: TrainState, carried: Carried, outer?: readonly Float32Array[]): Promise<void>;
  log(row: LogRow): Promise<void>;
  sample(row: SampleRow): Promise<void>;
  /** Keeps a copy of the weights of this step. */
  snapshot(step: number): Promise<void>;
}

/** Who hears of a training, and who ends it. */
export interface TrainListeners {
  /**
   * Hears of the training as it goes; `stop()` ends it after what is under way, with a checkpoint. A promise that it
   * returns is waited for before the next step, and a failure of it ends the training as a thrown error does.
   */
  readonly onEvent?: ((event: TrainEvent, stop: () => void) => unknown) | undefined;
  /**
   * Ends the training early: asked after every line of the log, with all lines so far, those before a resume included.
   * Lines with a validation have its `val_loss`. `options.patience` needs no function.
   */
  readonly stopWhen?: ((log: readonly LogRow[]) => boolean) | undefined;
  /**
   * Stops the training when it is aborted: after the step under way, with a checkpoint, so that `resume` goes on with
   * it; `train` then returns what there is. Before the first step it stops the reading of the data, and its reason is
   * thrown; so it is where the signal is aborted already, and nothing is written.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What the loop works with. */
export interface LoopParts {
  readonly model: Model;
  readonly arena: Arena;
  readonly backend: Backend;
  readonly optimizer: Optimizer;
  readonly batches: BatchSource;
  readonly step: TrainingStep;
  readonly options: TrainOptions;
  /** Estimated bytes of the process at its peak, for the listeners. */
  readonly bytes: number;
  /** The other ranks that take the same steps; they must have been given the same parts. Default: none. */
  readonly lead?: Lead | undefined;
  /** Devices that were measured to choose the backend, for the listeners. Default: there was no choice. */
  readonly measured?: readonly MeasuredDevice[] | undefined;
}

export interface TrainerParts extends LoopParts, TrainListeners {
  /** The validation split; one with nothing to predict is not scored. */
  readonly validation: ValidationSplit;
  /** Conversations that are left out of it. Default 0. */
  readonly validationLeftOut?: number | undefined;
  readonly sink: TrainSink;
  readonly unit: TokenUnit;
  /** Writes a text with the weights as they are. */
  readonly writeSample?: (() => Promise<string>) | undefined;
  /** Where to go on from. */
  readonly resume?:
    | undefined
    | {
        readonly state: TrainState;
        readonly carried: Carried;
        readonly outer?: readonly Float32Array[] | undefined;
      };
}

export interface TrainOutcome {
  readonly stopped: StopReason;
  readonly state: TrainState;
}

/** Steps after which the speed is known well enough to plan by. */
const MEASURED_STEPS = 20;
/** Under a time limit, training gets at least so many times what the validation before took, with its sample. */
const REST = 4;

/**
 * Trains until a limit, the patience or the signal ends it. The caller releases `parts.step`.
 * @throws the reason of a signal that is aborted already
 */
export async function runTraining(parts: TrainerParts): Promise<TrainOutcome> {
  parts.signal?.throwIfAborted();
  return trainOn(parts);
}

/** The same, of which the signal may have been aborted since the training was begun: it writes a first checkpoint. */
export async function trainOn(parts: TrainerParts): Promise<TrainOutcome> {
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
  readonly #team: Team;
  #state: TrainState;
  readonly #clock: Clock;
  /** Seconds of earlier sessions. */
  readonly #before: number;
  /** Steps of this session. */
  #steps = 0;
  /** Seconds of a step, measured before the first. */
  #measured = 0;
  /** Seconds of training before the first step of this session. */
  #begun = 0;
  /** Twentieths of the time limit that had passed at the last validation. */
  #part: number;
  /** Seconds of training before which the time limit alone asks for no other validation. */
  #restUntil = 0;
  /** The last checkpoint; -1 before the first. */
  #saved: { readonly step: number; readonly at: number } = { step: -1, at: 0 };
  /** Whether something has been done since. */
  #changed = true;
  /** Parts after which weights were kept; undefined before the first step of this session. */
  #kept: number | undefined;
  /** Whether a listener has asked for the end. */
  #stopped = false;
  /** What the listener has not finished yet. */
  #heard: Promise<unknown> | undefined;

  constructor(parts: TrainerParts) {
    const { options, resume, batches } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#state = resume?.state ?? freshState;
    this.#before = this.#state.seconds;
    this.#clock = new Clock(this.#before, options.clock === "steps");
    this.#part = timePart(options, this.#before);
    if (resume) {
      // Before the first step there is no place yet.
      if (resume.state.batches !== null) batches.restore(resume.state.batches);
      this.#saved = { step: resume.state.step, at: performance.now() };
      this.#changed = false;
    }
    this.#team = new Team({ ...parts, ...(resume ? { carried: resume.carried, outer: resume.outer } : {}) });
  }

  async run(): Promise<TrainOutcome> {
    const { resume, model, step, unit, bytes, batches, backend, measured } = this.#parts;
    if (measured) this.#emit({ type: "device", device: backend.device, measured });
    const planned = plannedSteps(this.#options, this.#parts.batches);
    if (planned !== null) this.#set({ plannedSteps: planned });
    const secondsPerStep = await this.#clock.aside(async () => {
      const seconds = await this.#measure();
      // The measuring may have found another factor, which a training without a pause would not.
      if (resume) step.lossScale = resume.state.lossScale;
      // What is refused by the first pass leaves no run behind.
      else await this.#save();
      return seconds;
    });
    this.#measured = secondsPerStep;
    if (this.#state.plannedSteps === null) this.#plan(secondsPerStep);
    this.#emit({
      type: "start",
      steps: this.#state.plannedSteps ?? 0,
      epochs: epochsOf(this.#options, this.#state.plannedSteps ?? 0, batches),
      parameters: countParameters(model),
      trainable: countParameters({ parameters: Object.values(this.#parts.arena.trained) }),
      context: Number.isFinite(model.contextLength) ? model.contextLength : null,
      unit,
      bytes,
      secondsPerStep,
      layout: batches.layout,
      ...(this.#parts.validationLeftOut ? { validationLeftOut: this.#parts.validationLeftOut } : {}),
      resumedFrom: resume && this.#state.step,
    });
    this.#begun = this.#seconds();
    const stopped = await this.#loop();
    await this.#save();
    const { step: steps, seconds } = this.#state;
    this.#emit({ type: "end", stopped, step: steps, seconds });
    await this.#heard;
    return { stopped, state: this.#state };
  }

  async release(): Promise<void> {
    await this.#team.release();
  }

  async #loop(): Promise<StopReason> {
    const { signal } = this.#parts;
    const { patience = Infinity } = this.#options;
    let reason = this.#limit();
    // A run may be resumed with a limit that it has reached already.
    const { owed, lastValidationStep, step } = this.#state;
    if (reason && !owed && lastValidationStep !== step) this.#noteDue(true);
    while (true) {
      const { owed } = this.#state;
      if (owed && !(await this.#clock.aside(() => this.#flush(owed)))) return "interrupt";
      if (this.#heard) await this.#clock.aside(() => this.#listened());
      if (reason) return reason;
      if (this.#state.sinceBest >= patience) return "early";
      if (signal?.aborted) return "interrupt";
      if (this.#stopped) {
        reason = "early";
        const { step, lastValidationStep } = this.#state;
        if (step > 0 && lastValidationStep !== step) this.#noteDue(true);
        continue;
      }
      const taken = await this.#onDevice(this.#update());
      reason = this.#limit();
      this.#noteDue(reason !== undefined, taken);
    }
  }

  /** The limit that is reached, if one is. */
  #limit(): StopReason | undefined {
    const { maxMinutes = Infinity } = this.#options;
    const { step, plannedSteps } = this.#state;
    if (step === 0) return undefined;
    if (!isTimed(this.#options) && plannedSteps !== null && step >= plannedSteps) return "steps";
    return this.#seconds() >= maxMinutes * 60 ? "time" : undefined;
  }

  /** One step of the weights, or as many as ranks take before they average. @returns how many */
  async #update(): Promise<number> {
    const { batches } = this.#parts;
    const { step: done, plannedSteps: planned } = this.#state;
    const begun = performance.now();
    const count = this.#stretch();
    const step = done + count;
    const { nats, targets, lr, norm } = await this.#team.update({ step: done + 1, count, planned }, (now) =>
      checkFinite(now, this.#saved.step, this.#options.precision),
    );
    this.#steps += count;

    const { interval, tokens } = this.#state;
    this.#set({
      step,
      tokens: tokens + targets,
      batches: batches.state(),
      lossScale: this.#parts.step.lossScale,
      interval: {
        nats: interval.nats + nats,
        tokens: interval.tokens + targets,
        seconds: interval.seconds + (performance.now() - begun) / 1000,
        lr,
        norm,
      },
    });
    this.#changed = true;
    return count;
  }

  /** Steps until ranks that average seldom do so next: after `syncEvery`, and where something is due that needs the mean. */
  #stretch(): number {
    const { syncEvery = 1, sampleEvery = 0, snapshotEvery } = this.#options;
    const { step, plannedSteps } = this.#state;
    const until = (every: number | undefined) => (every ? every - (step % every) : Infinity);
    const timed = isTimed(this.#options);
    const end = timed
      ? Math.ceil(this.#secondsLeft() / Math.max(this.#measured, 1e-3))
      : (plannedSteps ?? Infinity) - step;
    return Math.max(
      1,
      Math.min(
        until(syncEvery),
        until(validationInterval(this.#options, plannedSteps)),
        until(sampleEvery),
        until(snapshotEvery),
        end,
      ),
    );
  }

  /**
   * Notes what is due after the steps just taken: by steps, or, under a time limit, by its twentieths, less
   * often where the validations would take too much of it.
   * @param end whether it was the last: that is validated, logged and sampled whatever the intervals say
   * @param taken steps since this was asked before
   */
  #noteDue(end: boolean, taken = 0): void {
    const { sampleEvery, logEvery } = this.#options;
    const { step, plannedSteps } = this.#state;
    const every = validationInterval(this.#options, plannedSteps);
    const part = timePart(this.#options, this.#seconds());
    const rested = this.#seconds() >= this.#restUntil;
    const validation = end || (every === undefined ? rested && part > this.#part : step % every === 0);
    if (validation) this.#part = part;
    const early = every === undefined && rested && isEarly(step, taken);
    const sample =
      sampleEvery === undefined
        ? validation || step === taken || early
        : sampleEvery > 0 && step % sampleEvery === 0;
    // Ranks that average seldom pass over steps of which the log wants a line.
    const logged = Math.floor(step / logEvery) > Math.floor((step - taken) / logEvery);
    const row = validation || step === taken || logged ? this.#row() : null;
    this.#set({ owed: { row, validation, sample } });
  }

  /** The log's row of the steps since the last one; null where there were none. Begins a new interval. */
  #row(): LogRow | null {
    const { interval, step, tokens, firstLoss } = this.#state;
    if (interval.tokens === 0) return null;
    const row: LogRow = {
      step,
      epoch: tokens / this.#parts.batches.targetsPerEpoch,
      seconds: this.#seconds(),
      tokens,
      loss: interval.nats / interval.tokens,
      lr: interval.lr,
      grad_norm: interval.norm,
      tokens_per_s: interval.tokens / interval.seconds,
    };
    checkLoss(row, firstLoss, this.#parts.model.config.vocab_size, this.#saved.step);
    this.#set({ firstLoss: firstLoss ?? row.loss, lastLoss: row.loss, interval: freshState.interval });
    this.#replan();
    this.#emit({ type: "log", row, secondsLeft: this.#secondsLeft() });
    return row;
  }

  /**
   * Does what is pending after the last step; the checkpoint comes last, so that it covers the rest.
   * @returns false where the signal cut the validation short, and everything is still pending
   */
  async #flush({ row, validation, sample }: Pending): Promise<boolean> {
    const { writeSample, sink, stopWhen } = this.#parts;
    const { snapshotEvery, checkpointSeconds } = this.#options;
    const { step } = this.#state;
    const isSnapshot = (snapshotEvery > 0 && step % snapshotEvery === 0) || this.#isSnapshotDue();
    const begun = this.#seconds();
    if (validation || (writeSample && sample) || isSnapshot) await this.#download("weights");
    const loss = validation ? await this.#computed(this.#validate()) : null;
    if (loss === "interrupted") return false;
    if (row) {
      await sink.log(loss === null ? row : { ...row, val_loss: loss });
      this.#stopped ||= stopWhen?.(sink.rows) ?? false;
    }
    if (writeSample && sample) {
      const written = { step, text: await this.#computed(writeSample()) };
      await sink.sample(written);
      this.#emit({ type: "sample", row: written });
    }
    if (isSnapshot) await sink.snapshot(step);
    if (validation) this.#restUntil = this.#seconds() + REST * (this.#seconds() - begun);
    this.#set({ owed: null });
    this.#changed = true;
    if (validation || performance.now() - this.#saved.at > checkpointSeconds * 1000) await this.#save();
    return true;
  }

  /** Whether another of the parts has passed after which weights are kept: of the steps, or of the time limit. */
  #isSnapshotDue(): boolean {
    const { snapshots = 0, maxMinutes = Infinity } = this.#options;
    const { step, plannedSteps } = this.#state;
    const limit = isTimed(this.#options) ? maxMinutes * 60 : (plannedSteps ?? Infinity);
    const at = isTimed(this.#options) ? this.#seconds() : step;
    const part = partOf(snapshots, at, limit);
    const before = this.#kept ?? partOf(snapshots, isTimed(this.#options) ? this.#before : step - 1, limit);
    this.#kept = part;
    return part > before;
  }

  /** @throws PunchlineError `diverged` where the weights of this step give no numbers */
  async #computed<T>(result: Promise<T>): Promise<T> {
    try {
      return await this.#onDevice(result);
    } catch (error) {
      throw asDivergence(error, this.#state.step, this.#saved.step);
    }
  }

  /** The loss on the validation split; null without one. The best weights so far are kept. */
  async #validate(): Promise<number | null | "interrupted"> {
    const { sink } = this.#parts;
    const { step, bestLoss, sinceBest, bestStep } = this.#state;
    const loss = await this.#team.validate();
    if (loss === "interrupted") return loss;
    if (loss === null) {
      this.#set({ lastValidationStep: step });
      return null;
    }
    checkFinite({ step, loss, finite: true }, this.#saved.step);
    const best = bestLoss === null || loss < bestLoss;
    this.#set({
      lastValidation: loss,
      lastValidationStep: step,
      bestLoss: best ? loss : bestLoss,
      bestStep: best ? step : bestStep,
      sinceBest: best ? 0 : sinceBest + 1,
    });
    this.#emit({ type: "validation", step, loss, best });
    if (best) {
      await sink.best(this.#state);
      this.#emit({ type: "checkpoint", step, kind: "best" });
    }
    return loss;
  }

  #download(what: "weights" | "all"): Promise<void> {
    const { step, arena } = this.#parts;
    return this.#onDevice(step.download(arena, what));
  }

  /** What a device does for the step under way. @throws PunchlineError `device-lost`, with where to go on from */
  async #onDevice<T>(result: Promise<T>): Promise<T> {
    const { keepsResults, device } = this.#parts.backend;
    try {
      return await result;
    } catch (error) {
      const failure = keepsResults ? deviceError(error, device) : error;
      throw withCheckpoint(failure, this.#state.step, this.#saved.step);
    }
  }

  async #save(): Promise<void> {
    if (!this.#changed) return;
    const { step } = this.#state;
    await this.#download("all");
    checkWeights(this.#parts.arena, step, this.#saved.step);
    this.#set({ seconds: this.#seconds() });
    await this.#parts.sink.last(this.#state, await this.#team.gather(), this.#team.outer);
    this.#saved = { step, at: performance.now() };
    this.#changed = false;
    this.#emit({ type: "checkpoint", step, kind: "last" });
  }

  #measure(): Promise<number> {
    const { step, arena } = this.#parts;
    const { seed, accumulate } = this.#options;
    return step.measure(arena, this.#team.batches, { seed, step: 0, accumulate, progress: 0 });
  }

  /** Plans again by the speed of this session, once it is known well enough. */
  #replan(): void {
    if (!isTimed(this.#options) || this.#steps < MEASURED_STEPS) return;
    this.#plan(this.#elapsed() / this.#steps);
    this.#emit({ type: "planned", steps: this.#state.plannedSteps ?? 0 });
  }

  /** Turns what is left of the time limit into steps, so that the learning rate can follow its schedule. */
  #plan(secondsPerStep: number): void {
    const left = Math.max(0, (this.#options.maxMinutes ?? 0) * 60 - this.#seconds());
    this.#set({ plannedSteps: this.#state.step + Math.max(1, Math.round(left / secondsPerStep)) });
  }

  #secondsLeft(): number {
    const { plannedSteps, step } = this.#state;
    const limit = (this.#options.maxMinutes ?? Infinity) * 60 - this.#seconds();
    if (plannedSteps === null) return limit;
    // The first steps are slower, and the set-up is over.
    const perStep =
      this.#steps < MEASURED_STEPS ? this.#measured : (this.#seconds() - this.#begun) / this.#steps;
    return Math.max(0, Math.min(limit, (plannedSteps - step) * perStep));
  }

  /** Seconds of this session. */
  #elapsed(): number {
    return this.#clock.seconds - this.#before;
  }

  /** Seconds of training, earlier sessions included. */
  #seconds(): number {
    return this.#clock.seconds;
  }

  #emit(event: TrainEvent): void {
    const answer = this.#parts.onEvent?.(event, () => {
      this.#stopped = true;
    });
    if (!isPromise(answer)) return;
    this.#heard = Promise.all([this.#heard, answer]);
    // Until the loop waits for it, a failure is nobody's.
    this.#heard.catch(() => {});
  }

  async #listened(): Promise<void> {
    await this.#heard;
    this.#heard = undefined;
  }

  #set(change: Partial<TrainState>): void {
    this.#state = { ...this.#state, ...change };
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === "function";

/** How many of so many equal parts of a whole have passed. */
const partOf = (parts: number, at: number, whole: number): number =>
  Math.min(parts, Math.floor((parts * at) / whole));
