// Time: a fine clock, and the wall clock for what that one sleeps through.

let time = 0
let wallBefore = 0
let fineBefore = 0
/** The class of the last look, and whether tests have put it there. */
let dates: DateConstructor | undefined
let isFake = false

/** So many milliseconds the clocks may differ between two looks; one of them is rough on purpose. */
const SLEPT = 1000

/**
 * Milliseconds since whenever, and parts of them. `performance.now()` may stand still while the machine sleeps, and a
 * heartbeat must notice that it slept: the wall clock went on meanwhile. Set back, that one does not turn this one back.
 *
 * Where tests have replaced `Date`, time is what that says: the fake timers of `node:test` leave `performance` alone.
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
  // From one class to the next nothing has passed.
  if (!isOther) time += isFake ? Math.max(0, byWall) : byWall > byFine + SLEPT ? byWall : byFine
  wallBefore = wall
  fineBefore = fine
  return time
}

/** Runs a function when the program has gone on. Not by `queueMicrotask`, which the fake timers of test runners stop. */
export function soon(act: () => unknown): void {
  void Promise.resolve().then(act)
}

/** A timeout has fired, so that it is as late as this, also where both clocks are rough or stand still. */
function reach(at: number): void {
  time = Math.max(now(), at)
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
      reach(at + delay)
      this.#firesAt = Infinity
      this.#callback()
    }, delay)
    return delay
  }

  clear(): void {
    if (this.#firesAt === Infinity) return
    clearTimeout(this.#timeout)
    this.#firesAt = Infinity
  }
}
