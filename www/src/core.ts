// The machine that decides, in WebAssembly: numbers in, numbers out. The other half of `www/core`.

import { now } from './clock.js'

/** What happened, with the two numbers `a` and `b` that may belong to it; see `www/core/src/codes.rs`. */
export const enum What {
  Wake,
  Opened,
  Heard,
  Answered,
  Buffered,
  Closed,
  Failed,
  Page,
  Verdict,
  Transmitted,
  Close,
  Reconnect,
  CancelReconnect,
  Mark,
}

/** What is to be done next, with the numbers that `value` then gives. */
export const enum Todo {
  Nothing,
  Dial,
  Transmit,
  Beat,
  Close,
  Abort,
  Judge,
  TellOpen,
  TellError,
  TellClose,
  TellEnd,
  TellFull,
  TellDrain,
  TellLatency,
  Mark,
}

export const enum Failure {
  Opaque,
  OpenTimeout,
  HeartbeatTimeout,
  Unsupported,
}

export const enum Page {
  Online,
  Visible,
  Frozen,
  Thawed,
  /** Not for the machine: it has no opinion on that. */
  Hidden,
}

export const enum State {
  Connecting,
  Open,
  Closing,
  Waiting,
  Closed,
}

export const enum Sent {
  Taken,
  Full,
  Closed,
}

export const enum Stat {
  Heartbeats,
  LastRtt,
  SmoothedRtt,
}

/** What the module exports. A client is its address. */
export interface Exports {
  create(...config: number[]): number
  destroy(client: number): void
  handle(client: number, now: number, what: number, a: number, b: number): void
  poll(client: number): number
  value(client: number, index: number): number
  deadline(client: number): number
  send(client: number, bytes: number): number
  state(client: number): number
  take_unsent(client: number): void
  stat(client: number, index: number): number
}

/** What the machine needs to know of the options; durations in milliseconds. */
export interface Config {
  first: number
  max: number
  factor: number
  jitter: number
  maxAttempts: number
  stableAfter: number
  openTimeout: number
  closeTimeout: number
  beatInterval: number
  beatTimeout: number
  maxSendBuffer: number
  hasProvider: boolean
  hasPredicate: boolean
}

const orNone = (value: number): number => (value === Infinity ? -1 : value)

/** One client's machine. Its contract is that of `src/machine/mod.rs`. */
export class Core {
  readonly #exports: Exports
  readonly #client: number

  /** A client that dials at once. */
  constructor(exports: Exports, config: Config, at: number) {
    this.#exports = exports
    this.#client = exports.create(
      at,
      Math.random(),
      config.first,
      config.max,
      config.factor,
      config.jitter,
      orNone(config.maxAttempts),
      config.stableAfter,
      orNone(config.openTimeout),
      config.closeTimeout,
      orNone(config.beatInterval),
      config.beatTimeout,
      config.maxSendBuffer,
      +config.hasProvider,
      +config.hasPredicate,
    )
  }

  handle(what: What, a = 0, b = 0, at = now()): void {
    this.#exports.handle(this.#client, at, what, a, b)
  }

  poll(): Todo {
    return this.#exports.poll(this.#client)
  }

  value(index: number): number {
    return this.#exports.value(this.#client, index)
  }

  /** When `What.Wake` is due at the latest; `Infinity` if it is not. */
  deadline(): number {
    return this.#exports.deadline(this.#client)
  }

  send(bytes: number): Sent {
    return this.#exports.send(this.#client, bytes)
  }

  state(): State {
    return this.#exports.state(this.#client)
  }

  takeUnsent(): void {
    this.#exports.take_unsent(this.#client)
  }

  stat(index: Stat): number {
    return this.#exports.stat(this.#client, index)
  }

  free(): void {
    this.#exports.destroy(this.#client)
  }
}
