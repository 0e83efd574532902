// Loading the module: once per page, when the first socket needs it.

import type { Exports } from './core.js'

/** What `init` takes: where the module is, its bytes, a response with them, or the compiled module. */
export type ModuleSource = string | URL | Request | Response | BufferSource | WebAssembly.Module

type Loader = () => Promise<WebAssembly.Module>

let byDefault: Loader
let loading: Promise<Exports> | undefined

/** What the entry point brings. */
export function setLoader(loader: Loader): void {
  byDefault ??= loader
}

/**
 * Loads the module that decides when to reconnect. Nobody has to: the first socket does it. It serves to load early, or
 * from a place of your own.
 *
 * @param source where it is, or the module itself; by default the file `homing.wasm` of this package.
 */
export function init(source?: ModuleSource | Promise<ModuleSource>): Promise<void> {
  if (source !== undefined) loading = start(async () => compile(await source))
  return load().then(() => {})
}

/** The module's exports. One that could not be loaded is tried again by the next who asks. */
export function load(): Promise<Exports> {
  return (loading ??= start(byDefault))
}

function start(loader: Loader): Promise<Exports> {
  const started = loader()
    .then((module) => WebAssembly.instantiate(module))
    .then((instance) => instance.exports as unknown as Exports)
  started.catch(() => {
    if (loading === started) loading = undefined
  })
  return started
}

export async function compile(source: ModuleSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source)
  const response = source instanceof Response ? source : await fetch(source)
  if (!response.ok) throw new Error(`homing: ${response.url} answered ${response.status}`)
  // Not by streaming: it fails where servers do not know the type, and the file is small.
  return WebAssembly.compile(await response.arrayBuffer())
}
