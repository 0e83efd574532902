// Time: the wall clock, made monotonic.

let last = 0
let behind = 0

/**
 * Milliseconds since whenever. `performance.now()` may stand still while the machine sleeps, and a heartbeat must notice
 * that it slept. The wall clock goes on; set back, it does not turn this one back.
 */
export function now(): number {
  const wall = Date.now()
  behind = Math.max(behind, last - wall)
  last = wall + behind
  return last
}

/** Longer delays than this would fire at once. */
const LONGEST = 2 ** 31 - 1

/** One timeout that is set again and again. */
export class Timer {
  #timeout: ReturnType<typeof setTimeout> | undefined
  #firesAt = Infinity
  readonly #callback: () => void

  constructor(callback: () => void) {
    this.#callback = callback
  }

  /** Fires at `deadline` or before; `Infinity` unsets it. Returns in how many milliseconds, if it was set anew. */
  arm(deadline: number): number | undefined {
    // One that fires too early is cheaper than setting it anew each time that the deadline moves away.
    if (deadline === Infinity || deadline < this.#firesAt) this.clear()
    else return undefined
    if (deadline === Infinity) return undefined
    const at = now()
    const delay = Math.min(LONGEST, Math.max(0, Math.ceil(deadline - at)))
    this.#firesAt = at + delay
    this.#timeout = setTimeout(() => {
      this.#firesAt = Infinity
      this.#callback()
    }, delay)
    return delay
  }

  clear(): void {
    clearTimeout(this.#timeout)
    this.#firesAt = Infinity
  }
}
