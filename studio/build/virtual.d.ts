declare module "virtual:definitions" {
  const definitions: Readonly<Record<string, import("./definitions.ts").Definition>>;
  export default definitions;
}
