// The checks with the npm class, in Node:
//
//     node tests/interop/npm.js (index|wasm) URL SECURE_URL
//
// The entry `index` runs over the class of `ws`, `wasm` over Node's own. Prints the same lines as the native client.

import { createInterface } from 'node:readline'
import { WebSocket as Ws } from 'ws'
import { run } from './checks.js'
import { ofNpm } from './clients.js'

const [entry, url, secureUrl] = process.argv.slice(2)
const { HomingSocket } = await import(entry === 'wasm' ? 'homing/wasm' : 'homing')
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

await run({
  create: ofNpm(HomingSocket, { WebSocket: entry === 'wasm' ? globalThis.WebSocket : Ws }),
  url,
  secureUrl,
  print: (line) => console.log(line),
  restarted: () => lines.next(),
})
process.exit()
