/**
 * Ctrl-C, SIGTERM and SIGHUP. A command that reads the signal can finish what it must (save, print how to go on);
 * a second Ctrl-C ends the process at once. A command that never reads it ends with the first, as usual.
 */

export interface Interrupt {
  /** Reading it begins to catch signals. */
  readonly signal: AbortSignal;
  /** Aborts as a signal would; returns false if the command has not read `signal`. */
  request(why: string): boolean;
  /** The signal that was caught, if any. */
  readonly received: NodeJS.Signals | undefined;
  dispose(): void;
}

const caught = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param print called once, with a sentence for the person, at the first signal */
export function createInterrupt(print: (text: string) => void): Interrupt {
  let controller: AbortController | undefined;
  let received: NodeJS.Signals | undefined;

  function onSignal(name: NodeJS.Signals): void {
    if (received !== undefined) {
      dispose();
      process.kill(process.pid, name);
      return;
    }
    received = name;
    print("Stopping as soon as what is under way is safe; press Ctrl-C again to stop at once.");
    controller?.abort(new Error(`The command was interrupted by ${name}.`));
  }

  function dispose(): void {
    for (const name of caught) process.off(name, onSignal);
  }

  return {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        for (const name of caught) process.on(name, onSignal);
      }
      return controller.signal;
    },
    request(why) {
      controller?.abort(new Error(why));
      return controller !== undefined;
    },
    get received() {
      return received;
    },
    dispose,
  };
}
