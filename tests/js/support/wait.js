// Waits for events and conditions.

/** Returns the next event of a type. Rejects if there is none in time. */
export function next(target, type, millis = 30_000) {
  return new Promise((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`no ${type} within ${millis} ms`)), millis)
    target.addEventListener(
      type,
      (event) => {
        clearTimeout(timeout)
        resolve(event)
      },
      { once: true },
    )
  })
}

/** Waits until a condition holds, and returns its value. Rejects if it does not in time. */
export async function until(condition, millis = 30_000) {
  for (const giveUp = Date.now() + millis; ; ) {
    const value = await condition()
    if (value) return value
    if (Date.now() > giveUp) throw new Error(`not within ${millis} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
