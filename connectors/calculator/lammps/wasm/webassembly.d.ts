/** The part of the WebAssembly interface that the pool uses: Node has it at run time, its type package does not declare it. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  type Imports = Record<string, Record<string, unknown>>;
  const Instance: new (module: Module, imports: Imports) => Instance;
  function compile(binary: Uint8Array): Promise<Module>;
}
