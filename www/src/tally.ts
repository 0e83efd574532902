// What a client counts.

import { Stat, type Core } from './core.js'
import type { Stats } from './types.js'

export class Tally {
  messagesSent = 0
  unitsSent = 0
  messagesLost = 0
  messagesReceived = 0
  unitsReceived = 0
  /** By `Stat`, of machines that have come to their end. */
  #before = [0, 0, 0, -1, -1]

  /** A machine has come to its end. */
  keep(core: Core): void {
    this.#before = this.#before.map((_, index) => this.#stat(core, index))
  }

  /** The first three are counts, and add up. */
  #stat(core: Core | undefined, stat: Stat): number {
    const before = this.#before[stat]!
    if (!core) return before
    return stat < Stat.LastRtt ? before + core.stat(stat) : core.stat(stat)
  }

  stats(core: Core | undefined, openFor: number | undefined): Stats {
    const { messagesSent, unitsSent, messagesLost, messagesReceived, unitsReceived } = this
    const stat = (index: Stat): number => this.#stat(core, index)
    const some = (number: number): number | undefined => (number < 0 ? undefined : number)
    return {
      messagesSent,
      unitsSent,
      messagesLost,
      messagesReceived,
      unitsReceived,
      // The first was dialled before there was a machine.
      attempts: Math.max(1, stat(Stat.Attempts)),
      reconnects: stat(Stat.Reconnects),
      heartbeats: stat(Stat.Heartbeats),
      lastRtt: some(stat(Stat.LastRtt)),
      smoothedRtt: some(stat(Stat.SmoothedRtt)),
      openFor,
    }
  }
}
