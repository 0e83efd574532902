// What the cases share, in pages and in Node.

import { HomingSocket } from 'homing'

/** The sockets that a library has made, so that none is forgotten. */
export const made = []

/** For counting only: given to the libraries as `HomingSocket` would be. */
export class Counted extends HomingSocket {
  constructor(...args) {
    super(...args)
    made.push(this)
  }
}

/** Waits until something is as expected. */
export async function becomes(look, expected, millis = 15_000) {
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

/** So many of the clients have not come to their ends. */
export const alive = (count) => becomes(() => made.filter(({ state }) => state !== 'closed').length, count)

/** Runs a case, and ends all that it has begun. */
export async function attempt(run, url, control) {
  const ends = []
  try {
    await run({ url, control, onEnd: (end) => ends.push(end) })
  } finally {
    for (const end of ends) await end()
    made.splice(0).forEach((socket) => socket.close())
  }
}
