// The cases with Node's mock timers, which do not replace `performance.now` and microtasks.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import * as homing from 'homing'
import { FakeServer } from 'homing/testing'
import { cases } from './cases.js'

/** Advances in steps, since `tick` fires all due timers before any promise is settled. */
async function advance(millis) {
  await turn()
  for (let i = 0; i < millis; i++) {
    mock.timers.tick(1)
    await turn()
  }
}

for (const { name, run } of cases) {
  test(name, async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.parse('2026-01-01') })
    try {
      await run({ ...homing, FakeServer, advance })
    } finally {
      mock.timers.reset()
    }
  })
}

test('timers that fire while both clocks stand still', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const server = new FakeServer(() => 'refuse')
  const options = { WebSocket: server.WebSocket, reconnect: { min: 5000, max: 5000, jitter: 0 } }
  const socket = new homing.HomingSocket('wss://example.com', undefined, options)
  try {
    for (let attempts = 1; attempts < 4; attempts++) {
      await advance(0)
      assert.equal(server.attempts.length, attempts)
      mock.timers.tick(5000)
    }
  } finally {
    socket.close()
    mock.timers.reset()
  }
})

test('there are cases', () => assert.ok(cases.length > 10))
