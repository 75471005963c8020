/**
 * The public face of Punchline: `import { ... } from "punchline"`.
 *
 * The list is explicit: what is not named here is private.
 */
export {
  type ErrorDetails,
  InputError,
  nearestName,
  PunchlineError,
  type PunchlineErrorOptions,
  ShapeError,
  suggest,
  UsageError,
} from "./core/errors.ts";
export { version } from "./core/version.ts";
