import { describe, expect, it } from "vitest";
import { type Editor, emptyEditor, type Key, offer, press } from "./editor.ts";

const list = [
  { text: "cken", probability: 0.6 },
  { text: "cory", probability: 0.2 },
  { text: "ps", probability: 0.1 },
];

/** One key by its name, or typed characters. */
function keys(editor: Editor, ...pressed: (string | Key)[]): Editor {
  return pressed.reduce<Editor>((now, key) => {
    if (typeof key !== "string") return press(now, key);
    if (["tab", "right", "up", "down", "backspace", "return"].includes(key))
      return press(now, { name: key, sequence: "\u001b" });
    return [...key].reduce((before, sequence) => press(before, { sequence }), now);
  }, editor);
}

const typed = offer(keys(emptyEditor, "the chi"), list);

describe("keys", () => {
  it("type, and Tab or the right arrow takes the suggestion shown", () => {
    expect(typed.text).toBe("the chi");
    for (const key of ["tab", "right"])
      expect(keys(typed, key)).toMatchObject({ text: "the chicken", suggestions: [] });
  });

  it("choose up and down, round and round", () => {
    expect(keys(typed, "down").chosen).toBe(1);
    expect(keys(typed, "up").chosen).toBe(2);
    expect(keys(typed, "down", "down", "down").chosen).toBe(0);
    expect(keys(typed, "down", "tab").text).toBe("the chicory");
    expect(keys(emptyEditor, "up", "down", "tab")).toEqual(emptyEditor);
  });

  it("bring the space before the next word after a suggestion that was taken, and only then", () => {
    const taken = keys(typed, "tab");
    expect(keys(taken, "c").text).toBe("the chicken c");
    expect(keys(taken, "cr").text).toBe("the chicken cr");
    expect(keys(taken, "?").text).toBe("the chicken?");
    expect(keys(taken, " c").text).toBe("the chicken c");
    expect(keys(taken, "backspace", "k").text).toBe("the chickek");
    const more = offer(taken, [{ text: " crosses", probability: 0.4 }]);
    expect(keys(more, "c").suggestions).toEqual([{ text: "rosses", probability: 0.4 }]);
    expect(keys(more, "tab", "t").text).toBe("the chicken crosses t");
  });

  it("take by number", () => {
    expect(keys(typed, { name: "3", meta: true }).text).toBe("the chips");
    expect(keys(typed, { name: "9", meta: true }).text).toBe("the chi");
  });

  it("keep what is left of suggestions that were right so far", () => {
    const { text, suggestions } = keys(typed, "c");
    expect(text).toBe("the chic");
    expect(suggestions).toEqual([
      { text: "ken", probability: 0.6 },
      { text: "ory", probability: 0.2 },
    ]);
    expect(keys(typed, "x").suggestions).toEqual([]);
  });

  it("erase a character as people count them, a word, all", () => {
    const odd = keys(emptyEditor, "a ", { sequence: "👨‍👩‍👧" });
    expect(keys(odd, "backspace").text).toBe("a ");
    expect(keys(typed, { name: "w", ctrl: true, sequence: "\u0017" }).text).toBe("the ");
    expect(keys(typed, { name: "backspace", meta: true }).text).toBe("the ");
    expect(keys(typed, { name: "u", ctrl: true, sequence: "\u0015" }).text).toBe("");
    expect(keys(emptyEditor, "backspace")).toEqual(emptyEditor);
  });

  it("end", () => {
    expect(keys(typed, "return")).toMatchObject({ text: "the chi", ended: "sent" });
    for (const name of ["c", "d"]) expect(keys(typed, { name, ctrl: true }).ended).toBe("left");
  });

  it("do nothing else", () => {
    for (const key of [{ name: "f1", sequence: "\u001bOP" }, { name: "escape", sequence: "\u001b" }, {}])
      expect(press(typed, key)).toBe(typed);
  });
});

describe("new suggestions", () => {
  it("keep a choice made by hand where they have it still", () => {
    const chosen = keys(typed, "down");
    expect(offer(chosen, [...list, { text: "cane", probability: 0.05 }]).chosen).toBe(1);
    expect(offer(chosen, [list[1]!, list[0]!]).chosen).toBe(0);
    expect(offer(chosen, [list[0]!]).chosen).toBe(0);
  });
});
