// Against the real server, by the environment's own class.

import { HomingSocket } from 'homing'
import { test } from 'vitest'
import { all, attempt } from '../../support/test.js'
import { ask } from '../ask.js'
import '../cases.js'

// Node 20 has no class of its own.
const { WebSocket } = globalThis.WebSocket ? {} : await import('ws')
const means = { ask, HomingSocket, options: WebSocket ? { WebSocket } : {}, hasErrors: !('happyDOM' in globalThis) }
for (const each of all()) {
  test(each.name, async () => {
    const { verdict, why } = await attempt(each, '', means)
    if (verdict !== 'passed') throw new Error(why)
  })
}
