/** A promise with its ends. */
export interface Later<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export function later<T>(): Later<T> {
  let ends: Omit<Later<T>, 'promise'>
  const promise = new Promise<T>((resolve, reject) => (ends = { resolve, reject }))
  return { promise, ...ends! }
}
