// Exceptions of what the page gave.

/** Calls what the page gave. */
export function guarded(act: () => unknown): void {
  try {
    act()
  } catch (error) {
    report(error)
  }
}

/**
 * Reports an exception of what the program gave, as the platform does with one that was not caught; but it never ends a
 * process, as Node, Bun and Deno would then.
 */
export function report(error: unknown): void {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  if (typeof reportError === 'function' && !process?.versions?.node) reportError(error)
  else console.error(error)
}
