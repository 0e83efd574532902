// Time: the precise clock, corrected by the wall clock for the time that the machine sleeps.

let time = 0
let wallBefore = 0
let fineBefore = 0
/** The `Date` class of the last call, and whether a test has replaced it. */
let dates: DateConstructor | undefined
let isFake = false

/** Milliseconds by which the clocks may differ between two calls, since browsers round them. */
const SLEPT = 1000

/**
 * Returns the time in milliseconds, with fractions, from an arbitrary start. `performance.now()` may stop while the machine sleeps,
 * but the heartbeat must notice the sleep: then the wall clock is used. Setting the wall clock back does not set this time back.
 *
 * If a test has replaced `Date`, its time is used, since the fake timers of `node:test` do not replace `performance`.
 */
export function now(): number {
  const isOther = Date !== dates
  if (isOther) {
    dates = Date
    isFake = !Function.prototype.toString.call(Date).includes('[native code]')
  }
  const wall = Date.now()
  const fine = performance.now()
  const [byWall, byFine] = [wall - wallBefore, fine - fineBefore]
  // No time passes when the class changes.
  if (!isOther) time += isFake ? Math.max(0, byWall) : byWall > byFine + SLEPT ? byWall : byFine
  wallBefore = wall
  fineBefore = fine
  return time
}

/** Calls a function in a microtask. Not by `queueMicrotask`, which the fake timers of test runners replace. */
export function soon(act: () => unknown): void {
  void Promise.resolve().then(act)
}

/** Moves the time to at least `at`, because a timeout has fired, even if both clocks are rounded or stand still. */
function reach(at: number): void {
  time = Math.max(now(), at)
}

/** With a longer delay, `setTimeout` would fire immediately. */
const LONGEST = 2 ** 31 - 1

/** One timeout that can be set again. */
export class Timer {
  #timeout: ReturnType<typeof setTimeout> | undefined
  #firesAt = Infinity
  readonly #callback: () => void

  constructor(callback: () => void) {
    this.#callback = callback
  }

  /** Fires at `deadline` or earlier; `Infinity` clears it. Returns the delay in milliseconds if a new timeout was set. */
  arm(deadline: number): number | undefined {
    // A timeout that fires too early costs less than a new one each time that the deadline moves on.
    if (deadline === Infinity || deadline < this.#firesAt) this.clear()
    else return undefined
    if (deadline === Infinity) return undefined
    const at = now()
    const delay = Math.min(LONGEST, Math.max(0, Math.ceil(deadline - at)))
    this.#firesAt = at + delay
    this.#timeout = setTimeout(() => {
      reach(at + delay)
      this.#firesAt = Infinity
      this.#callback()
    }, delay)
    return delay
  }

  /** Clears the timeout. */
  clear(): void {
    if (this.#firesAt === Infinity) return
    clearTimeout(this.#timeout)
    this.#firesAt = Infinity
  }
}
