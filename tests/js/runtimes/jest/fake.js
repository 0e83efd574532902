// In virtual time, with `homing/testing`.

import * as homing from 'homing'
import { FakeServer } from 'homing/testing'
import { cases } from '../../testing/cases.js'

// Jest's defaults except microtasks, which promises need, and `setImmediate`, by which jsdom reads blobs.
const doNotFake = ['nextTick', 'queueMicrotask', 'setImmediate', 'clearImmediate']
const advance = (millis) => jest.advanceTimersByTimeAsync(millis)

for (const { name, run } of cases) {
  test(name, async () => {
    jest.useFakeTimers({ doNotFake })
    try {
      await run({ ...homing, FakeServer, advance })
    } finally {
      jest.useRealTimers()
    }
  })
}
