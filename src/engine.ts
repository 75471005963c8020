/** The engine by itself: `import { ... } from "punchline/engine"`, for those who build other models with it. */
export {
  allocate,
  bytesPerElement,
  type DataOf,
  type DType,
  float32,
  type HostArray,
  hostArray,
  int32,
  sizeOf,
} from "./core/array.ts";
export { PunchlineError, ShapeError } from "./core/errors.ts";
