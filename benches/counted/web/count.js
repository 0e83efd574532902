// Performs one operation of a client many times, and prints what each costs. `cargo xtask counts-web` runs it.
//
// Usage: node count.js [CLIENT OPERATION]
//
// Without arguments it prints the name of each operation, and the clients that have it. A wrong or missing message ends it
// with code 3.

import { pathToFileURL } from 'node:url'
import { CLIENTS } from './clients.js'
import { instrument, read, start } from './meter.js'
import { OPERATIONS, OWN } from './operations.js'
import { Wrong } from './world.js'

/** How often an operation or a batch is performed before the count, and during it. */
const [WARM_UP, COUNTED] = [4, 8]
const WRONG = 3

const [name, operation] = process.argv.slice(2)
if (name === undefined) list()
else await count()

function list() {
  for (const operation of Object.keys(OPERATIONS)) {
    const clients = Object.keys(CLIENTS).filter((client) => client !== 'bare' || !OWN.includes(operation))
    console.log(`${operation}\t${clients.join(',')}`)
  }
}

async function count() {
  instrument(process.env.HOMING_COUNTED_INSTRUMENT)
  // From before the client is compiled, as code that is compiled earlier is not counted.
  start()
  const { load, scripts } = CLIENTS[name]
  const Client = await load()
  const url = `${pathToFileURL(scripts)}/`
  const repeat = async (operations, run) => {
    for (let at = 0; at < WARM_UP; at++) await run()
    // Asking what was allocated is executed as well, so not in between.
    const before = { ...Client.allocated(), ...read(url), source: 0 }
    for (let at = 0; at < COUNTED; at++) await run()
    const after = { ...read(url), ...Client.allocated() }
    return Object.fromEntries(Object.entries(after).map(([what, to]) => [what, (to - before[what]) / (COUNTED * operations)]))
  }
  try {
    const { instructions, calls, source, allocations, bytes } = await OPERATIONS[operation](Client, repeat)
    console.log('COUNTED', ...[instructions, calls, source, allocations, bytes].map((count) => count ?? '-'))
  } catch (error) {
    console.error(error)
    process.exitCode = error instanceof Wrong ? WRONG : 1
  }
}
