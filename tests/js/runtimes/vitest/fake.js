// In virtual time, with `homing/testing`.

import * as homing from 'homing'
import { FakeServer } from 'homing/testing'
import { test, vi } from 'vitest'
import { cases } from '../../testing/cases.js'

// Vitest's defaults; in jsdom without `setImmediate`, by which it reads blobs.
const toFake = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance']
const options = 'jsdom' in globalThis ? { toFake } : undefined
const advance = (millis) => vi.advanceTimersByTimeAsync(millis)

for (const { name, run } of cases) {
  test(name, async () => {
    vi.useFakeTimers(options)
    try {
      await run({ ...homing, FakeServer, advance })
    } finally {
      vi.useRealTimers()
    }
  })
}
