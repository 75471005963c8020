// The WebAssembly kernels, in AssemblyScript; `npm run build:generated` compiles what this file exports.
// Pointers are byte offsets into the imported memory, aligned to 16 bytes; `n` counts elements.
export { adamw } from "./adamw";
export { dropoutMask } from "./dropout";
export { axpy, flush, scale, sumOfSquares, zero } from "./range";
export { exponentials, largest, placeOf } from "./scores";
export { sgd, sgdMomentum } from "./sgd";
