// The world of the random callers: virtual time, the events of a page, and every uncaught error.

/** An error of the program's own: thrown by a listener, a getter or a class. */
export class Own extends Error {}

let time = 0
let timers = []
let count = 0

globalThis.setTimeout = (act, delay = 0, ...given) => {
  count++
  timers.push({ id: count, at: time + Math.max(0, Math.min(+delay || 0, 2 ** 31 - 1)), act: () => act(...given) })
  return count
}
globalThis.clearTimeout = (id) => {
  timers = timers.filter((timer) => timer.id !== id)
}
Date.now = () => time
performance.now = () => time
Math.random = () => 0.5

const page = new EventTarget()
globalThis.addEventListener = page.addEventListener.bind(page)
globalThis.removeEventListener = page.removeEventListener.bind(page)

/** Dispatches an event of the page. */
export function onPage(type, persisted) {
  page.dispatchEvent(Object.assign(new Event(type), { persisted }))
}

/** Uncaught errors, and those that were reported. */
export const uncaught = []
console.error = (error) => `${error}`.includes('Warning') || uncaught.push(error)

/** Collects them, in place of the test runner. */
export function collect() {
  process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error))
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => uncaught.push(error))
}

/** Runs all microtasks, and what Node reports in its next tick. */
export async function settle() {
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve))
}

export const pending = () => timers.map(({ at }) => at - time)

/** Lets time pass, and each timer fire when it is due. */
export async function pass(milliseconds) {
  const until = time + milliseconds
  for (let fired = 0; ; fired++) {
    const due = Math.min(...timers.map(({ at }) => at))
    if (due > until) break
    // Without an end, a client would use the whole processor.
    if (fired > 5000) throw new Error(`timers do not end, at ${time}`)
    time = Math.max(time, due)
    const [first] = timers.filter(({ at }) => at === due)
    timers = timers.filter((timer) => timer !== first)
    first.act()
    await settle()
  }
  time = until
}

/** Starts anew, for the next case. */
export function reset() {
  timers = []
  uncaught.length = 0
}
