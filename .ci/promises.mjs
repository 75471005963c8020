/**
 * Compares the time of a demo with what is promised of it: node --import ./bench/register.mjs .ci/promises.mjs SECONDS
 *
 * SECONDS is what `npm start -- --quick` took, by the clock of whoever started it; when there was something to see, its
 * own record in runs/demo says. The promise is for two cores that do nothing else: what CI shares with others may
 * make it half as long again.
 */
import { readFileSync } from "node:fs";
import { promised } from "../src/demo/promise.ts";

const SLACK = 1.5;

const [took] = process.argv.slice(2).map(Number);
const { first = {} } = JSON.parse(readFileSync("runs/demo/story.json", "utf8"));
const rows = [
  ["names that a model has learned to spell", first.names, promised.firstSeconds],
  ["a text of the pre-trained model", first.text, promised.firstSeconds],
  ["all of the demo with --quick", took, 60 * promised.quickMinutes],
];
for (const [what, seconds, most] of rows) {
  const kept = seconds <= SLACK * most;
  console.log(
    `${what}: ${seconds?.toFixed(1) ?? "no record"} s; promised ${most} s, allowed here ${SLACK * most} s${kept ? "" : ": TOO LONG"}`,
  );
  if (!kept) process.exitCode = 1;
}
