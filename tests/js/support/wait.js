// Waiting for what a test expects.

/** The next event of a type. */
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

/** Waits until something is so. */
export async function until(condition, millis = 30_000) {
  for (const giveUp = Date.now() + millis; ; ) {
    const value = await condition()
    if (value) return value
    if (Date.now() > giveUp) throw new Error(`not within ${millis} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
