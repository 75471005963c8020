/** What is promised of the demo's time is the same everywhere; CI measures it in the stage `main-job`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import demo from "../src/cli/commands/demo.ts";
import { promised } from "../src/demo/promise.ts";
import { root } from "./cli.ts";

const words = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const first = `${promised.firstSeconds} seconds`;
const quick = `less than ${words[promised.quickMinutes]} minutes`;
const whole = `${words[promised.wholeMinutes]} minutes`;
const read = (file: string) => readFileSync(join(root, file), "utf8").replace(/\s+/g, " ");

describe("the demo's promised times", () => {
  test("are in the README and in the guide", () => {
    expect(read("README.md")).toMatch(new RegExp(`npm start #[^#]*${first}[^#]*${whole}`));
    const story = read("docs/story.md");
    for (const said of [first, quick, whole]) expect(story).toContain(said);
  });

  test("are in the help", () => {
    const examples = Object.values(demo.examples).join("; ");
    expect(examples).toContain(first);
    expect(examples).toContain(`${promised.wholeMinutes} minutes`);
    expect(examples).toContain(`ess than ${promised.quickMinutes} minutes`);
  });
});
