// The machine as WebAssembly, of which the build puts in the bytes, in base64. In the default entry the same machine as
// JavaScript takes the place of this file.

import type { Exports } from './core.js'

declare const MODULE: string

/** Fails where WebAssembly is missing or forbidden. */
export function instantiate(): Exports {
  const bytes = Uint8Array.from(atob(MODULE), (character) => character.charCodeAt(0))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports
}
