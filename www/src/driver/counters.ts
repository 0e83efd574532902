// The counters of a client.

import { Stat } from '../machine/codes.js'
import type { Core } from '../machine/core.js'
import type { Stats } from '../types.js'

export class Counters {
  messagesSent = 0
  unitsSent = 0
  messagesLost = 0
  messagesReceived = 0
  unitsReceived = 0
  attempts = 0
  opened = 0
  /** By `Stat`: the values of machines that have ended. */
  #before = [0, -1, -1]

  /** Keeps the values of a machine that has ended. */
  keep(core: Core): void {
    this.#before = this.#before.map((_, index) => this.#stat(core, index))
  }

  #stat(core: Core | undefined, stat: Stat): number {
    const before = this.#before[stat]!
    if (!core) return before
    const value = core.stat(stat)
    if (stat === Stat.Heartbeats) return before + value
    return value < 0 ? before : value
  }

  stats(core: Core | undefined, openFor: number | undefined): Stats {
    const { messagesSent, unitsSent, messagesLost, messagesReceived, unitsReceived, attempts, opened } = this
    const some = (stat: Stat): number | undefined => {
      const number = this.#stat(core, stat)
      return number < 0 ? undefined : number
    }
    return {
      messagesSent,
      unitsSent,
      messagesLost,
      messagesReceived,
      unitsReceived,
      attempts,
      reconnects: Math.max(0, opened - 1),
      heartbeats: this.#stat(core, Stat.Heartbeats),
      lastRtt: some(Stat.LastRtt),
      smoothedRtt: some(Stat.SmoothedRtt),
      openFor,
    }
  }
}
