/** The worker of a side; which one, the build says. */
import { side } from "punchline-bench:side";
import { answer } from "./answer.ts";

answer(side);
