/** Typing with suggestions as a state machine: a key in, the next state out, without terminal or model. */
import { spaceComesFirst } from "../../generate/keystrokes-saved.ts";
import type { Suggestion } from "../../generate/suggest.ts";

export interface Editor {
  readonly text: string;
  /** Possible continuations, best first: for the text, or what is left of those for an earlier text. */
  readonly suggestions: readonly Suggestion[];
  /** The index of the one that is shown in the text. */
  readonly chosen: number;
  /** Whether the last key took a suggestion; a space is then added before the next word. */
  readonly took?: boolean | undefined;
  /** `sent` by Enter, `left` by Ctrl-C or Ctrl-D. */
  readonly ended?: "sent" | "left" | undefined;
}

/** A key as Node's readline names it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

export const emptyEditor: Editor = { text: "", suggestions: [], chosen: 0 };

export const keyHelp = "Tab or \u2192 takes, \u2191 \u2193 choose, Alt-1 to 9 take by number, Enter ends";

/** The state after a key; the same object if the key has no effect. */
export function press(editor: Editor, key: Key): Editor {
  const { text, suggestions, chosen } = editor;
  const { name = "", sequence = "", ctrl = false, meta = false } = key;
  if (ctrl && (name === "c" || name === "d")) return { ...editor, ended: "left" };
  if (name === "return" || name === "enter") return { ...editor, ended: "sent" };
  if (name === "tab" || name === "right") return take(editor, chosen);
  if (meta && /^[1-9]$/.test(name)) return take(editor, Number(name) - 1);
  if (name === "up" || name === "down") {
    if (suggestions.length === 0) return editor;
    const step = name === "up" ? suggestions.length - 1 : 1;
    return { ...editor, chosen: (chosen + step) % suggestions.length };
  }
  if (name === "backspace" && !meta) return erase(editor, lastCharacter(text));
  if ((ctrl && name === "w") || (meta && name === "backspace"))
    return erase(editor, /\S*\s*$/.exec(text)![0]);
  if (ctrl && name === "u") return erase(editor, text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are no text
  if (ctrl || meta || sequence === "" || /[\x00-\x1f\x7f]/.test(sequence)) return editor;
  const spaced = editor.took === true && spaceComesFirst(text, sequence);
  return write(editor, spaced ? ` ${sequence}` : sequence);
}

/** Replaces the suggestions. Keeps the person's choice if it is still among them. */
export function offer(editor: Editor, suggestions: readonly Suggestion[]): Editor {
  const before = editor.suggestions[editor.chosen]?.text;
  const found = editor.chosen > 0 ? suggestions.findIndex(({ text }) => text === before) : -1;
  return { ...editor, suggestions, chosen: Math.max(0, found) };
}

/** Adds text; keeps the suggestions that begin with it, so that nothing flickers until new ones come. */
function write({ text, suggestions }: Editor, added: string): Editor {
  const left = suggestions
    .filter((suggestion) => suggestion.text.startsWith(added) && suggestion.text !== added)
    .map((suggestion) => ({ ...suggestion, text: suggestion.text.slice(added.length) }));
  return { text: text + added, suggestions: left, chosen: 0 };
}

function take(editor: Editor, index: number): Editor {
  const taken = editor.suggestions[index];
  return taken ? { ...write(editor, taken.text), took: true } : editor;
}

function erase(editor: Editor, end: string): Editor {
  if (end === "") return editor;
  return { text: editor.text.slice(0, editor.text.length - end.length), suggestions: [], chosen: 0 };
}

/** The last grapheme: an emoji of several code points is one. */
function lastCharacter(text: string): string {
  return [...new Intl.Segmenter().segment(text)].at(-1)?.segment ?? "";
}
