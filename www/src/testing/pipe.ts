// One direction of a fake connection: what is pushed arrives in order, in a later microtask.

/** Something that has not arrived yet. */
export interface Parcel {
  /** Bytes that have not left; they only matter while the pipe is held. */
  bytes: number
  /** Awaited before it arrives: the bytes of a blob. */
  readonly ready: Promise<unknown> | undefined
  readonly arrive: () => void
}

export class Pipe {
  readonly #left: (bytes: number) => void
  #parcels: Parcel[] = []
  #isRunning = false
  /** The number of bytes that may leave. */
  #allowance = Infinity

  /** `left` is called with the number of bytes that have just left. */
  constructor(left: (bytes: number) => void = () => {}) {
    this.#left = left
  }

  push(arrive: () => void, bytes = 0, ready?: Promise<unknown>): void {
    this.#parcels.push({ arrive, bytes, ready })
    this.#start()
  }

  /** Discards what has not arrived. */
  clear(): void {
    this.#parcels = []
  }

  /** Lets nothing leave until `release`. */
  hold(): void {
    this.#allowance = 0
  }

  /** Lets so many more bytes leave. */
  release(bytes: number): void {
    this.#allowance += bytes
    this.#start()
  }

  #start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        // Not `queueMicrotask`, which the fake timers of jest replace.
        await undefined
        const [parcel] = this.#parcels
        if (!parcel || this.#allowance === 0) return
        await parcel.ready?.catch((error: unknown) => {
          this.#parcels = this.#parcels.filter((other) => other !== parcel)
          throw error
        })
        // The pipe may have been cleared meanwhile.
        if (parcel === this.#parcels[0]) this.#advance(parcel)
      }
    } finally {
      this.#isRunning = false
      // An exception of `arrive` is reported as an unhandled rejection, and the parcels after it still arrive.
      if (this.#parcels.length > 0 && this.#allowance > 0) this.#start()
    }
  }

  #advance(parcel: Parcel): void {
    if (this.#allowance === 0) return
    const bytes = Math.min(parcel.bytes, this.#allowance)
    parcel.bytes -= bytes
    this.#allowance -= bytes
    this.#left(bytes)
    if (parcel.bytes > 0) return
    this.#parcels.shift()
    parcel.arrive()
  }
}
