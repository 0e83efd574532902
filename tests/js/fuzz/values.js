// Values that a program may pass, by mistake or on purpose.

import fc from 'fast-check'
import { Own } from './world.js'

const throws = () => {
  throw new Own('own')
}

/** Each is made anew for each client, since some can be used once. */
const STRANGE = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  infinite: () => Infinity,
  negative: () => -1,
  tiny: () => Number.MIN_VALUE,
  huge: () => 1e308,
  'beyond 32 bits': () => 2 ** 53,
  bigint: () => 10n,
  symbol: () => Symbol('s'),
  object: () => ({}),
  array: () => [],
  nested: () => [[['x']], 1],
  'without prototype': () => Object.create(null),
  function: () => () => {},
  'throws as text': () => ({ toString: throws, valueOf: throws, [Symbol.toPrimitive]: throws }),
  'throwing function': () => throws,
  'asynchronous function': () => async () => throws(),
  getters: () => new Proxy({}, { get: throws, has: throws, ownKeys: throws, getPrototypeOf: throws }),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'throwing handleEvent': () => ({ handleEvent: throws }),
  // biome-ignore lint/suspicious/noThenProperty: what resolves a promise with it calls that
  thenable: () => ({ then: throws }),
  'lone surrogate': () => '\ud800a\udc00',
  'long text': () => 'é'.repeat(3000),
  text: () => 'text',
  empty: () => '',
  bytes: () => new Uint8Array([1, 2, 3]),
  'detached buffer': () => {
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    return buffer
  },
  'detached view': () => {
    const view = new Uint8Array(8)
    structuredClone(view, { transfer: [view.buffer] })
    return view
  },
  shared: () => new Uint8Array(new SharedArrayBuffer(8)),
  'shared buffer': () => new SharedArrayBuffer(8),
  'length-tracking view': () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 })),
  blob: () => new Blob(['abc']),
  date: () => new Date(0),
  'aborted signal': () => AbortSignal.abort(),
}

export const make = (name) => STRANGE[name]()
export const strange = fc.constantFrom(...Object.keys(STRANGE))
