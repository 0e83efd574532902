// Rates and the size of the queue, from the client's counters, twice a second.

import type { HomingSocket } from 'homing'
import { Track } from './track.js'

const EVERY = 500

/** Columns of `rates`. */
export const enum Rate {
  In,
  Out,
  BytesIn,
  BytesOut,
  /** The maximum of the queue since the last column. */
  Queue,
}

type Counters = [messagesIn: number, messagesOut: number, bytesIn: number, bytesOut: number]

export class Meter {
  readonly rates = new Track(5)
  #since = performance.now()
  #before: Counters = [0, 0, 0, 0]
  #deepest = 0

  /** Starts with the counters of a new client at zero. */
  restart(): void {
    this.#before = [0, 0, 0, 0]
    this.#deepest = 0
  }

  /** Records the size of the queue, which may be sent before the next column. */
  look(socket: HomingSocket): void {
    this.#deepest = Math.max(this.#deepest, socket.bufferedAmount)
  }

  tick(socket: HomingSocket, now: number): void {
    this.look(socket)
    const passed = now - this.#since
    if (passed < EVERY) return
    const { messagesReceived, messagesSent, unitsReceived, unitsSent } = socket.stats
    const counters: Counters = [messagesReceived, messagesSent, unitsReceived, unitsSent]
    const rates = counters.map((counter, index) => ((counter - this.#before[index]!) * 1000) / passed)
    this.rates.push(now, ...rates, this.#deepest)
    this.#since = now
    this.#before = counters
    this.#deepest = 0
  }
}
