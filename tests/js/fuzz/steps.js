// What a random program does, and what happens to it.

import fc from 'fast-check'
import { FAULTS } from './sockets.js'
import { strange } from './values.js'

const rarely = (arbitrary) => fc.option(arbitrary, { nil: undefined, freq: 7 })
const often = (arbitrary) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const milliseconds = fc.constantFrom(100, 1000, 5000, 20_000)
const code = fc.constantFrom(1000, 1000, 3000, 4999)

/** Values that fit, by the names of the options. `strange` replaces one of them. */
const options = fc.record({
  reconnect: fc.oneof(
    fc.constant(undefined),
    fc.constantFrom(true, false),
    fc.record(
      {
        min: milliseconds,
        max: fc.constant(20_000),
        factor: fc.constantFrom(1, 2),
        jitter: fc.constantFrom(0, 1),
        maxAttempts: fc.constantFrom(0, 1, 3, Infinity),
        maxInitialAttempts: fc.constantFrom(1, 2, Infinity),
        stableAfter: milliseconds,
      },
      { requiredKeys: [] },
    ),
  ),
  predicate: rarely(fc.constantFrom('true', 'false', 'throws', 'promise', 'closes', 'reconnects')),
  heartbeat: often(fc.record({ interval: milliseconds, timeout: milliseconds, isReply: fc.boolean() })),
  queue: often(fc.boolean()),
  maxSendBuffer: often(fc.constantFrom(1, 20, 1000)),
  openTimeout: often(milliseconds),
  closeTimeout: often(milliseconds),
  setup: rarely(fc.constantFrom('done', 'sends', 'receives', 'never', 'throws', 'fatal', 'closes', 'reconnects')),
  setupTimeout: often(milliseconds),
  hasSignal: fc.boolean(),
  provider: rarely(fc.constantFrom('url', 'later', 'throws', 'strange')),
})

/** The names of the parameters and options, by the option that contains them. */
export const NAMES = {
  parameters: 'url protocols options'.split(' '),
  options: `reconnect heartbeat queue maxSendBuffer openTimeout closeTimeout setup setupTimeout signal pauseWhileHidden headers
    webSocketOptions WebSocket`.split(/\s+/),
  reconnect: 'min max factor jitter maxAttempts maxInitialAttempts stableAfter shouldReconnect'.split(' '),
  heartbeat: 'message isReply interval timeout inWorker'.split(' '),
}

const misuse = rarely(fc.record({ name: fc.constantFrom(...Object.values(NAMES).flat()), value: strange }))

export const beginning = fc.record({
  options,
  misuse,
  isTarget: fc.boolean(),
  fault: fc.option(fc.constantFrom(...FAULTS), { nil: undefined, freq: 9 }),
})

export const TYPES = ['open', 'message', 'error', 'close', 'reconnecting', 'connecting', 'end', 'drain', 'latency']

/** A call of the program. */
const call = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send strange'), value: strange }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close'), code: often(code) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close strange'), code: strange, reason: strange }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reconnect'), delay: often(milliseconds) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect strange'), delay: strange }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ping') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('abort') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('promises') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('iterate') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('throw') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('binaryType'), value: strange }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('handler'), type: fc.constantFrom(...TYPES.slice(0, 4)), value: strange }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('add strange'), type: fc.constantFrom(...TYPES), value: strange, options: strange }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove strange'), type: fc.constantFrom(...TYPES), value: strange }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dispatch'), type: fc.constantFrom(...TYPES) }) },
)

/** A listener that does something, once, after it was called so many times. */
const react = fc.record({
  do: fc.constant('listen'),
  type: fc.constantFrom(...TYPES),
  skip: fc.nat(2),
  stops: fc.boolean(),
  calls: fc.array(call, { minLength: 1, maxLength: 3 }),
})

const happens = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('opens') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('receives'), ago: fc.nat(1) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ends'),
      ago: fc.nat(1),
      code: fc.constantFrom(1000, 1001, 1005, 1006, 1008, 1010, 1011, 4000),
      wasClean: fc.boolean(),
      hasFailed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('closes') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('holds'), bytes: fc.constantFrom(0, 0, 5, 100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fails only') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('page'),
      type: fc.constantFrom('online', 'pagehide', 'pageshow'),
      persisted: fc.boolean(),
    }),
  },
)

const passes = fc.record({ do: fc.constant('pass'), milliseconds: fc.constantFrom(0, 1, 20, 300, 1000, 6000, 25_000) })

export const script = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: call },
    { weight: 2, arbitrary: react },
    { weight: 7, arbitrary: happens },
    { weight: 4, arbitrary: passes },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
)
