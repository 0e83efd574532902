// One client's machine, which decides: numbers in, numbers out. It is the Rust crate's own, and its contract is that of
// `machine/src/lib.rs`.

import { now } from '../platform/clock.js'
import { type Config, type Input, type Output, SETTINGS, type Sent, type Stat, type State } from './codes.js'
import { type Exports, instantiate } from './instantiate.js'

/** Of all clients. Made by the first one, so that importing costs nothing. */
let exports: Exports | undefined

export class Core {
  readonly #exports = (exports ??= instantiate())
  readonly #client: number

  /** A client that dials at once or, if not, one that has ended. */
  constructor(config: Config, dials: boolean) {
    const { configure, set, create } = this.#exports
    const address = configure()
    SETTINGS.forEach((name, index) => set(address, index, config[name]))
    this.#client = create(address, now(), +dials)
  }

  handle(input: Input, a = 0, b = 0): void {
    this.#exports.handle(this.#client, now(), input, a, b)
  }

  poll(): Output {
    return this.#exports.poll(this.#client)
  }

  value(index: number): number {
    return this.#exports.value(this.#client, index)
  }

  /** When `Input.Wake` is due at the latest; `Infinity` if it is not. */
  deadline(): number {
    return this.#exports.deadline(this.#client)
  }

  send(bytes: number): Sent {
    return this.#exports.send(this.#client, bytes)
  }

  state(): State {
    return this.#exports.state(this.#client)
  }

  stat(index: Stat): number {
    return this.#exports.stat(this.#client, index)
  }

  free(): void {
    this.#exports.destroy(this.#client)
  }
}
