/**
 * Ctrl-C and its kin. A command that asks for the signal gets to finish what it must (save, say how to go
 * on); the second Ctrl-C ends the process at once. A command that never asks dies of the first, as usual.
 */

export interface Interrupt {
  /** Asking for it is what begins the catching. */
  readonly signal: AbortSignal;
  /** Aborts as a signal would; false where nobody asked for it. */
  request(why: string): boolean;
  /** The signal that came, where one did. */
  readonly received: NodeJS.Signals | undefined;
  /** Stops catching. */
  dispose(): void;
}

const caught = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** @param say told once, when the first signal comes. */
export function createInterrupt(say: (text: string) => void): Interrupt {
  let controller: AbortController | undefined;
  let received: NodeJS.Signals | undefined;

  function onSignal(name: NodeJS.Signals): void {
    if (received !== undefined) {
      dispose();
      process.kill(process.pid, name);
      return;
    }
    received = name;
    say("Stopping as soon as what is under way is safe; press Ctrl-C again to stop at once.");
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
