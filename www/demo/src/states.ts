// The states of the client over time.

import type { ClientState } from 'homing'
import uPlot, { type AlignedData } from 'uplot'
import { WINDOW } from './track.js'

/** The states, from the lowest lane to the highest. */
export const STATES: readonly ClientState[] = ['closed', 'waiting', 'closing', 'connecting', 'open']

/** `uPlot.JoinNullMode`, whose names are types only. */
const [RETAIN, EXPAND] = [1, 2]

/** Milliseconds below which a state is not drawn: it changed again in the same task. */
const INSTANT = 1

interface Span {
  readonly state: ClientState
  readonly from: number
  to: number
}

export class States {
  readonly #spans: Span[] = []
  #due: number | undefined

  /** Records the current state. */
  note(state: ClientState, now = performance.now()): void {
    if (state !== 'waiting') this.#due = undefined
    if (this.#spans.at(-1)?.state !== state) this.#add(state, now)
    this.#spans.at(-1)!.to = now
    while (this.#spans[0]!.to < now - WINDOW) this.#spans.shift()
  }

  /** Records the time of the next attempt. */
  expect(due: number): void {
    this.#due = due
  }

  /** Returns the milliseconds until the next attempt. */
  left(now: number): number | undefined {
    return this.#due === undefined ? undefined : Math.max(0, this.#due - now)
  }

  #add(state: ClientState, from: number): void {
    const last = this.#spans.at(-1)
    if (last) last.to = from
    this.#spans.push({ state, from, to: from })
  }

  /** Returns a lane for each state, by seconds from now. No span is narrower than `least` milliseconds, to be visible. */
  lanes(now: number, least: number): AlignedData {
    return uPlot.join(
      STATES.map((state, lane) => {
        const times: number[] = []
        const values: (number | null)[] = []
        for (const span of this.#spans) {
          if (span.state !== state || span.to - span.from < INSTANT) continue
          const from = (span.from - now) / 1000
          const to = (Math.max(span.to, span.from + least) - now) / 1000
          // A widened span may overlap the next one.
          if (times.length > 0 && times.at(-1)! >= from) values.splice(-1), times.splice(-1)
          times.push(from, to, to + 1e-6)
          values.push(lane, lane, null)
        }
        return [times, values]
      }),
      // Gaps of a lane stay gaps at the times of other lanes.
      STATES.map(() => [RETAIN, EXPAND]),
    )
  }
}
