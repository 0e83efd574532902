/** Values that wait for a reader, and readers that wait for a value. */
export class Inbox<T> {
  readonly #readers: ((result: IteratorResult<T, undefined>) => void)[] = []
  /** Values that were not read, in order. */
  readonly waiting: T[] = []
  isOver = false

  push(value: T): void {
    const reader = this.#readers.shift()
    if (reader) reader({ value, done: false })
    else this.waiting.push(value)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.waiting.length > 0) return Promise.resolve({ value: this.waiting.shift()!, done: false })
    if (this.isOver) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  /** Accepts no more values. Readers that wait get none. */
  finish(): void {
    this.isOver = true
    this.#readers.splice(0).forEach((reader) => reader({ value: undefined, done: true }))
  }
}
