/**
 * The address of what is on the screen: `#/train?model=char-lstm`. It holds the room and its settings, and never a text, so
 * that it can be sent to somebody.
 */
import { effect, type Signal, signal } from "@preact/signals";

const parsed = () => {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { room: path, settings: new URLSearchParams(query) };
};

/** As the page was opened: settings come to be one after the other, and each writes the address again. */
const opened = parsed();

/** The room's id; empty for the first. */
export const room = signal(opened.room);

interface Setting {
  readonly signal: Signal<string>;
  readonly usual: string;
}

const settings = new Map<string, Setting>();

/** A setting that the address keeps, where it is not the usual one. */
export function setting(name: string, usual: string): Signal<string> {
  const known = settings.get(name);
  if (known) return known.signal;
  const created = signal(opened.settings.get(name) ?? usual);
  settings.set(name, { signal: created, usual });
  effect(() => {
    created.value;
    write();
  });
  return created;
}

export function goTo(id: string): void {
  if (id === room.peek()) return;
  room.value = id;
  // The browser's Back leads to the room before.
  history.pushState(null, "", address());
  // The button that leads here may be at the end of a long room.
  scrollTo(0, 0);
}

export const linkTo = (id: string): string => `#/${id}`;

function address(): string {
  const query = new URLSearchParams();
  for (const [name, { signal, usual }] of settings)
    if (signal.peek() !== usual) query.set(name, signal.peek());
  const text = query.toString();
  return `#/${room.peek()}${text === "" ? "" : `?${text}`}`;
}

function write(): void {
  if (location.hash !== address()) history.replaceState(null, "", address());
}

addEventListener("hashchange", () => {
  // A place within the page, to which the first link leads, is no room.
  if (location.hash !== "" && !location.hash.startsWith("#/")) return write();
  const { room: asked, settings: given } = parsed();
  room.value = asked;
  for (const [name, { signal }] of settings) if (given.has(name)) signal.value = given.get(name)!;
});
