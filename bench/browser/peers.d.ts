/** What the benchmarks compare with in a browser, installed by whoever wants the comparison; and what the build provides. */
declare module "punchline-bench:side";
declare module "@huggingface/transformers/*";
declare module "@jax-js/jax";
declare module "@tensorflow/tfjs-backend-cpu";
declare module "@tensorflow/tfjs-backend-wasm";
declare module "@tensorflow/tfjs-core";
declare module "@tensorflow/tfjs-core/*";
declare module "*?url" {
  const url: string;
  export default url;
}
