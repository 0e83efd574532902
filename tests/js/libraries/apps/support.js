// Shared by the cases, in pages and in Node.

import { HomingSocket } from 'homing'
import { plain } from 'homing/plain'

/** All sockets that a library has created. */
export const made = []

/** Returns a class that records its sockets. */
const counted = (Class) =>
  class extends Class {
    constructor(...args) {
      super(...args)
      made.push(this)
    }
  }

/** A class that reconnects, always later than the libraries, so that each case has one outcome. */
export const Reconnecting = counted(
  class extends HomingSocket {
    constructor(url, protocols, options) {
      super(url, protocols, { ...options, reconnect: { min: 500, max: 500, jitter: 0 } })
    }
  },
)

/** A class whose sockets are one connection each. */
export const single = (options) => counted(plain(options))
export const Single = single()

/** Waits until a value is as expected. */
export async function becomes(look, expected, millis = 30_000) {
  for (const giveUp = Date.now() + millis; ; ) {
    const is = JSON.stringify(await look())
    if (is === JSON.stringify(expected)) return
    if (Date.now() > giveUp) throw new Error(`${is} instead of ${JSON.stringify(expected)} for ${millis} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export function equal(actual, expected) {
  const [is, shall] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== shall) throw new Error(`${is} instead of ${shall}`)
}

/** Returns the number of clients that have not ended. */
export const alive = (count) => becomes(() => made.filter(({ state }) => state !== 'closed').length, count)

/** Publishes a word until it arrives, since a library that has just connected may not have subscribed yet. */
export const arrives = (control, word, received) =>
  becomes(async () => {
    await control('publish', word)
    return received.includes(word)
  }, true)

/** Edits a shared document from both sides. */
export const edits = (control, name, document) => {
  const text = document.getText('text')
  return async (word) => {
    text.insert(text.length, ` ${word}`)
    await becomes(async () => (await control('text', name))?.endsWith(word), true)
    await control('append', name, ` answer to ${word}`)
    await becomes(() => text.toString().endsWith(`answer to ${word}`), true)
  }
}

/** Waits long enough for further attempts: the libraries' delays are about 20 ms. */
const moment = () => new Promise((resolve) => setTimeout(resolve, 200))

/**
 * Cuts a library's connection three times, also with refused attempts. After each cut data flows again over one connection; after
 * the library is stopped there is none, and no socket has connected twice. `run` starts the library with a class, and returns
 * functions to check that data `flows`, with a new word each time, and to `stop`.
 */
export async function threeCuts(t, run, Socket = Single) {
  const { flows, stop } = await run(t, Socket)
  t.onEnd(stop)
  await flows('first')
  for (const [refused, word] of ['second', 'third', 'fourth'].entries()) {
    const before = made.length
    await t.control('cut', refused)
    // Until then a library may send over the connection that is lost, and some do not send again.
    await becomes(() => made.slice(0, before).every(({ state }) => state === 'closed'), true)
    await flows(word)
    await moment()
    equal([await t.control('open'), made.length - before], [1, refused + 1])
    await alive(1)
  }
  await stop()
  await becomes(() => t.control('open'), 0)
  await alive(0)
  await moment()
  equal([await t.control('open'), made.length, Math.max(...made.map(({ stats }) => stats.attempts))], [0, 1 + 1 + 2 + 3, 1])
}

/**
 * The result of a class that reconnects if the library drops a socket that has lost its connection: both connect, and stopping the
 * library leaves one of the two connections. With `refused` the dropped socket is one that was refused.
 */
export async function doubles(t, run, refused = 0) {
  const { flows, stop } = await run(t, Reconnecting)
  t.onEnd(stop)
  await flows('first')
  await t.control('cut', refused)
  await becomes(() => t.control('open'), 2)
  // A library may close a socket that opens after the stop.
  await becomes(() => made.filter(({ readyState }) => readyState === 1).length, 2)
  await alive(2)
  await stop()
  await becomes(() => t.control('open'), 1)
  await alive(1)
}

/** Like `threeCuts`, for a library that keeps one socket, which reconnects. */
export async function oneSocket(t, run) {
  const { flows, stop } = await run(t, Reconnecting)
  t.onEnd(stop)
  await flows('first')
  for (const [refused, word] of ['second', 'third', 'fourth'].entries()) {
    await t.control('cut', refused)
    await flows(word)
    equal(await t.control('open'), 1)
  }
  await stop()
  await becomes(() => t.control('open'), 0)
  await alive(0)
  equal([made.length, made[0].stats.attempts], [1, 1 + 1 + 2 + 3])
}

/** Runs a case, and closes all its sockets. */
export async function attempt(run, url, control) {
  const ends = []
  try {
    await run({ url, control, onEnd: (end) => ends.push(end) })
  } finally {
    for (const end of ends) await end()
    made.splice(0).forEach((socket) => socket.close())
  }
}
