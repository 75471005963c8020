import { expect, it } from "vitest";
import { InputError, UsageError } from "../core/errors.ts";
import { invalidOption, option } from "../core/options.ts";
import { answerOf } from "./errors.ts";

it("names options of the library by the fields of requests", () => {
  const range = answerOf(invalidOption("topK", -1, "a whole number of 0 or more"));
  expect(range).toEqual({
    status: 400,
    unexpected: false,
    body: {
      error: {
        message: "top_k must be a whole number of 0 or more, not -1.",
        type: "invalid_request_error",
        param: "top_k",
        code: "usage",
      },
    },
  });
  const advice = new UsageError(`Lower ${option("maxLength")}, or set ${option("temperature", 0)}.`);
  expect(answerOf(advice).body.error.message).toBe("Lower max_tokens, or set temperature: 0.");
});

it("answers 500 to weights that compute no numbers, and to bugs without their message", () => {
  expect(answerOf(new InputError("not-finite", "It computed NaN.")).status).toBe(500);
  const bug = answerOf(new Error("secret"));
  expect([bug.status, bug.unexpected, bug.body.error.message]).toEqual([500, true, "The server failed."]);
});
