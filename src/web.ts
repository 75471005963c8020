/** What runs in a browser: `import { ... } from "punchline/web"`. Nothing here may reach a `node:` module. */
export { InputError, PunchlineError, ShapeError, UsageError } from "./core/errors.ts";
export { version } from "./core/version.ts";
