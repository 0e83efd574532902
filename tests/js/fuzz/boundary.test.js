// Random programs on both entries of the package, step by step, in virtual time. `HOMING_BOUNDARY_RUNS=100000` runs longer, and
// `HOMING_BOUNDARY_SEED` repeats a run.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { Caller } from './caller.js'
import { beginning, script } from './steps.js'
import { collect, Own, pass, pending, reset, settle, uncaught } from './world.js'

// After `world.js`, which replaces the clock.
const entries = [await import('homing'), await import('homing/wasm')]

const RUNS = Number(process.env.HOMING_BOUNDARY_RUNS ?? 400)
const SEED = process.env.HOMING_BOUNDARY_SEED

before(collect)

/** Errors that the client reports, not the program's own. */
const REPORTED = /^homing: |handleEvent|not a function|has been revoked|^(connecting|reason|invalid URL)$/

function check(callers) {
  for (const error of uncaught.splice(0)) {
    assert.ok(error instanceof Own || REPORTED.test(error?.message), `uncaught: ${error?.stack ?? String(error)}`)
  }
  const [one, other] = callers
  assert.deepEqual(one.log, other.log)
  for (const { log } of callers) log.length = 0
}

async function live(start, steps) {
  reset()
  const callers = entries.map((entry) => new Caller(entry, start))
  try {
    check(callers)
    for (const step of steps) {
      if (step.do === 'pass') await pass(step.milliseconds)
      else for (const caller of callers) guarded(() => (step.act ? step.act(caller) : caller.act(step)))
      await settle()
      for (const caller of callers) caller.look()
      check(callers)
    }
  } finally {
    // Also after a failure: a client that goes on would disturb the next case.
    await end(callers)
  }
  for (const caller of callers) caller.finished()
  check(callers)
  assert.deepEqual(pending(), [], 'timers are left')
}

/** Ends the clients, and then their sockets, as a server does. */
async function end(callers) {
  for (const caller of callers) caller.end()
  await settle()
  for (const { sockets } of callers) for (const socket of sockets) socket.ends({ code: 1006, reason: '', wasClean: false })
  await pass(2 ** 22)
  await settle()
}

/** An error of the program's own outside of listeners is the program's problem. */
function guarded(act) {
  try {
    act()
  } catch (error) {
    if (!(error instanceof Own)) throw error
  }
}

test(`random programs keep the rules in both entries (${RUNS} runs)`, async () => {
  const property = fc.asyncProperty(beginning, script, live)
  await fc.assert(property, {
    numRuns: RUNS,
    includeErrorInReport: true,
    ...(SEED ? { seed: Number(SEED) } : {}),
  })
})

const plain = { options: {}, isTarget: true }

test('s08c_a_client_that_is_closed_while_connecting_ends_though_the_page_freezes', async () => {
  await live(plain, [{ do: 'close' }, { do: 'page', type: 'pagehide', persisted: true }])
})

test('s08a_a_close_after_reconnect_while_connecting_is_the_last_word', async () => {
  await live(plain, [{ do: 'reconnect' }, { do: 'close' }, { do: 'pass', milliseconds: 25_000 }])
})

test('what breaks the rules is found', async () => {
  const receives = { do: 'receives' }
  const emit = (caller) => caller.sockets[0].emit(new MessageEvent('message', { data: 'early' }))
  await assert.rejects(live(plain, [receives, { do: 'by hand', act: emit }]), /S3: message after new/)
})
