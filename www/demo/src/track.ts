// Values of the last minute, as columns of numbers.

import type { AlignedData } from 'uplot'

/** The length of the tracks in milliseconds. */
export const WINDOW = 60_000

/** Values by time. A null interrupts the line. */
export class Track {
  readonly #times: number[] = []
  readonly #columns: (number | null)[][]

  constructor(width: number) {
    this.#columns = Array.from({ length: width }, () => [])
  }

  push(at: number, ...values: (number | null)[]): void {
    this.#times.push(at)
    this.#columns.forEach((column, index) => column.push(values[index] ?? null))
  }

  clear(): void {
    for (const column of [this.#times, ...this.#columns]) column.length = 0
  }

  /** Returns the chosen columns, by seconds from now (negative numbers). */
  seen(now: number, ...chosen: number[]): AlignedData {
    this.#forget(now - WINDOW)
    const seconds = this.#times.map((time) => (time - now) / 1000)
    return [seconds, ...chosen.map((index) => this.#columns[index]!)]
  }

  /** Removes old values, except the last one before the plot's left edge. */
  #forget(before: number): void {
    const first = this.#times.findIndex((time) => time >= before)
    const gone = (first < 0 ? this.#times.length : first) - 1
    if (gone > 0) for (const column of [this.#times, ...this.#columns]) column.splice(0, gone)
  }
}
