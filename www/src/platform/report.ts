// Exceptions of the program's functions.

/** Calls a function of the program, and reports its exceptions. */
export function guarded(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    report(error)
  }
}

/**
 * Reports an exception as the platform reports an uncaught one, except that it does not end the process, as it would in Node, Bun
 * and Deno.
 */
export function report(error: unknown): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  if (typeof reportError === 'function' && !process?.versions?.node) reportError(error)
  else console.error(error)
}
