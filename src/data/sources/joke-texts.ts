/** The built-in jokes that are fit for a classroom, as texts: those that `one-liners` gives. Runs in a browser. */
import { jokeJudge } from "./classroom.ts";

/** Takes about half a second, so a page leaves it to its worker. */
export async function jokeTexts(): Promise<readonly string[]> {
  const { default: jokes } = await import("one-liner-joke/jokes.json", { with: { type: "json" } });
  const judge = await jokeJudge();
  return jokes.filter(({ body, tags }) => judge(body, tags) === undefined).map(({ body }) => body);
}
