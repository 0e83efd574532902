/**
 * A drop-in `WebSocket` that finds its way back. The module that decides when to reconnect lies beside this file, as
 * `homing.wasm`, and is loaded by the first socket.
 * @module
 */

import { compile, setLoader } from './load.js'

// Asynchronous, as there is no address to start from where a bundler makes a classic script of this.
const beside = async () => compile(new URL('./homing.wasm', import.meta.url))
// Where a bundler has moved this file but not that one, a copy inside a module serves.
setLoader(() => beside().catch(async () => (await import('./embedded.js')).embedded()))

export * from './entry.js'
export { default } from './entry.js'
