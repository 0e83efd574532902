/** Values that wait for a reader, and readers that wait for a value. */
export class Inbox<T> {
  readonly #readers: ((result: IteratorResult<T, undefined>) => void)[] = []
  #values: T[] = []
  /** How many of the values were read. To remove each at once would move all others. */
  #read = 0
  isOver = false

  push(value: T): void {
    const reader = this.#readers.shift()
    if (reader) reader({ value, done: false })
    else this.#values.push(value)
  }

  /** Removes and returns the values that were not read, in order. */
  take(): T[] {
    const values = this.#values.slice(this.#read)
    this.#values = []
    this.#read = 0
    return values
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#read < this.#values.length) {
      const value = this.#values[this.#read++]!
      // At most half of the memory is for values that were read.
      if (2 * this.#read >= this.#values.length) this.#values = this.take()
      return Promise.resolve({ value, done: false })
    }
    if (this.isOver) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#readers.push(resolve))
  }

  /** Accepts no more values. Readers that wait get none. */
  finish(): void {
    this.isOver = true
    this.#readers.splice(0).forEach((reader) => reader({ value: undefined, done: true }))
  }
}
