/** A promise with the functions that settle it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Creates a promise that is settled from outside. */
export function deferred<T>(): Deferred<T> {
  let functions: Omit<Deferred<T>, 'promise'>
  const promise = new Promise<T>((resolve, reject) => (functions = { resolve, reject }))
  return { promise, ...functions! }
}
