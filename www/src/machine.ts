// The machine as WebAssembly, of which the build puts in the bytes, in hexadecimal, which becomes less than base64 when it
// is compressed. In the default entry the same machine as JavaScript takes the place of this file.

import type { Exports } from './core.js'

declare const MODULE: string

/** Fails where WebAssembly is missing or forbidden. */
export function instantiate(): Exports {
  const bytes = Uint8Array.from(MODULE.match(/../g)!, (byte) => parseInt(byte, 16))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports
}
