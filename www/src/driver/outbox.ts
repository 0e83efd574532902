// Sending, directly or through the queue.

import { Sent } from '../machine/codes.js'
import type { Engine } from '../machine/engine.js'
import type { Settings } from '../options.js'
import type { Attempt } from './attempt.js'
import { convert, type Data, type Payload, Queue, sizeOf, snapshot } from './queue.js'

export class Outbox {
  readonly #settings: Settings
  readonly #engine: Engine
  readonly queue = new Queue()
  /** Bytes sent after `close()` or the end. They are discarded, but `bufferedAmount` counts them, as in the browser's class. */
  #discarded = 0

  constructor(settings: Settings, engine: Engine) {
    this.#settings = settings
    this.#engine = engine
  }

  /** Bytes for `bufferedAmount`: queued or discarded. */
  get bytes(): number {
    return this.queue.bytes + this.#discarded
  }

  /** Sends, queues or discards a message. `isEnding`: `close` was called, or the client has ended. */
  send(data: Data, attempt: Attempt | undefined, isEnding: boolean, client: { readonly readyState: number }): void {
    const { queue } = this.#settings
    if (queue && !isEnding) {
      // While the client is open, the platform's `send` checks and throws, as with the browser's class.
      if (attempt?.isOpen && (this.queue.length === 0 || attempt.isOpening)) attempt.send(data)
      else this.#enqueue(snapshot(convert(data)), attempt?.isOpen)
      return
    }
    if (!queue && client.readyState === 0) throw notOpen(data)
    const state = attempt?.socket?.readyState
    if (!queue && state === 1) return attempt!.send(data)
    // Too late: the message is discarded and `bufferedAmount` grows, as in the browser's class. An open socket must still send
    // the queue, so this message is not passed to it.
    if (!(state! > 1 && attempt!.discard(data))) this.#discarded += sizeOf(convert(data))
  }

  /** Resets what belongs to the life before a `reconnect()`. */
  renew(): void {
    this.#discarded = 0
  }

  /** `isOpen`: the queue leaves in a moment, so that it takes every message. */
  #enqueue(payload: Payload, isOpen: boolean | undefined): void {
    const { maxSendBuffer } = this.#settings.config
    const engine = this.#engine
    const bytes = sizeOf(payload)
    if (engine.core?.send(bytes) === Sent.Full && !isOpen) {
      throw new DOMException(`homing: the send buffer is full (maxSendBuffer: ${maxSendBuffer})`, 'QuotaExceededError')
    }
    this.queue.push(payload, bytes)
    engine.schedule()
  }
}

/** Returns the error of `send` while a socket connects and `queue` is false. */
function notOpen(data: Data): DOMException {
  // A value that cannot be converted throws first, as in the browser's class.
  convert(data)
  return new DOMException('homing: still in CONNECTING state', 'InvalidStateError')
}
