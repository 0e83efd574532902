// The state machine of one client, which makes all decisions: numbers in, numbers out. It is that of the Rust crate (`machine/`),
// which documents its contract.

import { now } from '../platform/clock.js'
import { type Config, type Input, type Output, SETTINGS, type Sent, type Stat, type State } from './codes.js'
import { type Exports, instantiate } from './instantiate.js'

/** Shared by all clients. Created by the first one, so that importing takes no time. */
let exports: Exports | undefined

export class Core {
  readonly #exports = (exports ??= instantiate())
  readonly #client: number

  /** Creates a client that starts an attempt or, if `dials` is false, one that has ended. */
  constructor(config: Config, dials: boolean) {
    this.#client = this.#exports.create(now(), +dials, ...SETTINGS.map((name) => config[name]))
  }

  /** Passes an event to the machine; see `Input` for its numbers. */
  handle(input: Input, a = 0, b = 0): void {
    this.#exports.handle(this.#client, now(), input, a, b)
  }

  /** Returns what to do next. */
  poll(): Output {
    return this.#exports.poll(this.#client)
  }

  /** Returns a number that belongs to the last output; see `Output`. */
  value(index: number): number {
    return this.#exports.value(this.#client, index)
  }

  /** Returns when `Input.Wake` is due at the latest; `Infinity` for never. */
  deadline(): number {
    return this.#exports.deadline(this.#client)
  }

  /** Reports a message to be queued. Returns whether it fits. */
  send(bytes: number): Sent {
    return this.#exports.send(this.#client, bytes)
  }

  state(): State {
    return this.#exports.state(this.#client)
  }

  stat(index: Stat): number {
    return this.#exports.stat(this.#client, index)
  }

  /** Frees the machine, which must not be used afterwards. */
  free(): void {
    this.#exports.destroy(this.#client)
  }
}
