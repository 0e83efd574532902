// What the page sends, and where it waits.

import { Sent } from '../machine/codes.js'
import type { Engine } from '../machine/engine.js'
import type { Settings } from '../options.js'
import type { Attempt } from './attempt.js'
import { convert, type Data, type Payload, Queue, sizeOf, snapshot } from './queue.js'

export class Outbox {
  readonly #settings: Settings
  readonly #engine: Engine
  readonly queue = new Queue()
  /** Bytes of what was sent after the end, which goes nowhere: `bufferedAmount` counts it. */
  #discarded = 0

  constructor(settings: Settings, engine: Engine) {
    this.#settings = settings
    this.#engine = engine
  }

  /** Bytes that wait here, or were said to. */
  get bytes(): number {
    return this.queue.bytes + this.#discarded
  }

  /** Sends to a connection that takes messages, if nothing waits before it, or queues. */
  send(data: Data, attempt: Attempt | undefined): void {
    // While it is open the platform has the say, as with its own class.
    if (attempt?.isOpen && this.queue.length === 0) attempt.send(data)
    else this.#enqueue(snapshot(convert(data)))
  }

  /** Too late: it goes nowhere. */
  discard(data: Data): void {
    this.#discarded += sizeOf(convert(data))
  }

  /** A new life begins. */
  renew(): void {
    this.#discarded = 0
  }

  #enqueue(payload: Payload): void {
    const { maxSendBuffer } = this.#settings.config
    const engine = this.#engine
    const bytes = sizeOf(payload)
    if (engine.core?.send(bytes) === Sent.Full) {
      throw new DOMException(`homing: the send buffer is full (maxSendBuffer: ${maxSendBuffer})`, 'QuotaExceededError')
    }
    this.queue.push(payload, bytes)
    engine.schedule()
  }
}

/** The error of `send` while the first socket connects and nothing is queued. */
export function notOpen(data: Data): DOMException {
  // What cannot be sent at all is the first complaint.
  convert(data)
  return new DOMException('homing: still in CONNECTING state', 'InvalidStateError')
}
