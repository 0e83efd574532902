// How attempts and the client end: dispatches the events of that, each once and in order.

import type { Deferred } from '../events/deferred.js'
import { closeEvent, EndEvent, FailureEvent, ReconnectingEvent } from '../events/events.js'
import type { Observer } from '../events/observer.js'
import { Failure, State } from '../machine/codes.js'
import type { Core } from '../machine/core.js'
import { now } from '../platform/clock.js'
import type { ClosedInfo, EndReason, OpenedInfo } from '../types.js'
import type { Attachable, Attempt } from './attempt.js'

const FAILURES = ['the connection failed', 'open timeout', 'heartbeat timeout', 'set-up timeout']

/** The listeners of the program, as the driver uses them. */
export interface Target extends Attachable {
  /** Sets what the platform's sockets inform of their events. */
  observe(observer: Observer): void
  /** Dispatches an event that the platform's socket does not dispatch. */
  dispatch(event: Event): void
}

/** The promises that the program waits for. They are created when it reads them. */
interface Promises {
  opened?: Deferred<OpenedInfo> | undefined
  closed?: Deferred<ClosedInfo> | undefined
}

export class Outcome {
  readonly #target: Target
  /** The listeners of the close event are being called. */
  #isPending = false
  /** The attempt that ended last. */
  #finished: Attempt | undefined
  #lastClose: CloseEvent | undefined
  #lastError: unknown
  /** The attempt to which `#lastError` belongs. */
  #failed: Attempt | undefined
  /** Reconnects since the last stable connection. */
  #retries = 0
  /** Whether the attempt that ended last was stable. */
  wasStable = false

  /** The machine has decided what follows, and waits until all listeners of the close event have been called. */
  isHeldUp = false
  /** The last close event was dispatched and no attempt follows. */
  isOver = false
  ended: ClosedInfo | undefined
  readonly promises: Promises = {}

  constructor(target: Target) {
    this.#target = target
  }

  /** Forgets the end of the client, which reconnects. */
  goOn(): void {
    if (this.ended) {
      this.#lastError = undefined
      this.#retries = 0
    }
    this.ended = undefined
    this.isOver = false
  }

  /** Called before the listeners of the platform's close event. */
  closed(event: CloseEvent): void {
    this.#lastClose = event
    this.#isPending = true
  }

  /** Called after all listeners of the close event. Returns whether it is the first such call for the event. */
  seen(): boolean {
    const wasPending = this.#isPending
    this.#isPending = false
    return wasPending
  }

  /** Dispatches an error event, unless the platform has dispatched one. For a connection that breaks it dispatches none. */
  failed(kind: Failure, attempt: Attempt): void {
    const { failure, hasFailed } = attempt
    if (hasFailed) return
    attempt.hasFailed = true
    this.#failed = attempt
    this.#lastError = failure ?? new Error(`homing: ${FAILURES[kind]}`)
    if (kind === Failure.Opaque && !failure && attempt.closeEvent) return
    this.#target.dispatch(new FailureEvent(this.#lastError as Error))
  }

  /** Returns the close event of the attempt, and creates it if the platform has not dispatched one. */
  closeEventOf(attempt: Attempt, core: Core): CloseEvent {
    return (attempt.closeEvent ??= closeEvent(core.value(0), core.value(1) > 0))
  }

  /** Ends an attempt once the machine has decided what follows. `dropAttempt` is called if another attempt follows. */
  finish(attempt: Attempt, core: Core, dropAttempt: () => void): void {
    const isNative = attempt.closeEvent !== undefined && this.#lastClose === attempt.closeEvent
    const event = (this.#lastClose = this.closeEventOf(attempt, core))
    this.#finished = attempt
    this.wasStable = core.value(3) > 0
    if (this.wasStable) this.#retries = 0
    if (core.value(2) >= 0) dropAttempt()
    else this.isOver = true
    // The error of an earlier attempt is not why this one ended.
    if (this.#failed !== attempt) this.#lastError = undefined
    this.isHeldUp = this.#isPending
    if (this.isHeldUp) return
    if (!isNative) this.#target.dispatch(event)
    this.finished(core)
  }

  /** Called once all listeners of the close event have been called: dispatches `reconnecting` if an attempt is scheduled. */
  finished(core: Core): void {
    this.isHeldUp = false
    this.#finished?.detach()
    this.#finished = undefined
    const until = core.deadline()
    if (core.state() !== State.Waiting || until === Infinity) return
    this.#retries++
    const delay = Math.max(0, Math.round(until - now()))
    this.#target.dispatch(new ReconnectingEvent(delay, this.#retries, this.#lastClose!))
  }

  end(reason: EndReason, unsent: number): void {
    this.isOver = true
    this.ended = { reason, unsent, cause: this.#lastClose, error: this.#lastError }
    const { promises } = this
    promises.opened?.reject(closedError(this.ended))
    promises.closed?.resolve(this.ended)
    promises.opened = promises.closed = undefined
    this.#target.dispatch(new EndEvent(this.ended))
  }
}

export function closedError({ error, cause }: ClosedInfo): Error {
  return new Error('homing: the client has ended', { cause: error ?? cause })
}
