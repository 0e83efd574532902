// Virtual time and randomness in place of the platform's. Import it before anything that keeps a reference to theirs.

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

/** Runs all microtasks, and what Node reports in its next tick. */
export async function settle() {
  for (let round = 0; round < 2; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** How long it takes until each timer fires. */
export const pending = () => timers.map(({ at }) => at - time)

/** Lets time pass, and each timer fire when it is due. */
export async function pass(milliseconds) {
  await settle()
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

/** Removes all timers. */
export function clear() {
  timers = []
}
