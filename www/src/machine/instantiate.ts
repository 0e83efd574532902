// Instantiates the machine as WebAssembly. The build inserts its bytes in hexadecimal, which compresses better than base64. In the
// default entry this file is replaced by the same machine as JavaScript.

/** The exports of `www/core`. Clients are addresses. */
export interface Exports {
  /** `options`: in the order of `SETTINGS`. */
  create(now: number, dials: number, ...options: number[]): number
  destroy(client: number): void
  handle(client: number, now: number, input: number, a: number, b: number): void
  poll(client: number): number
  value(client: number, index: number): number
  deadline(client: number): number
  send(client: number, bytes: number): number
  state(client: number): number
  stat(client: number, index: number): number
}

declare const MODULE: string

/** Instantiates the machine. Throws where WebAssembly is missing or forbidden. */
export function instantiate(): Exports {
  const bytes = new Uint8Array(MODULE.length / 2)
  // Several times as fast as `Uint8Array.from` with a function.
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(MODULE.slice(2 * i, 2 * i + 2), 16)
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Exports
}
