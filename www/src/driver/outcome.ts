// How attempts end, and the client: what is dispatched of that, each once and in order.

import { closeEvent, EndEvent, FailureEvent, ReconnectingEvent } from '../events/events.js'
import { Failure, State } from '../machine/codes.js'
import type { Core } from '../machine/core.js'
import { now } from '../platform/clock.js'
import type { ClosedInfo, EndReason } from '../types.js'
import type { Attempt, AttemptOwner } from './attempt.js'

const FAILURES = ['the connection failed', 'open timeout', 'heartbeat timeout'] as const

/** The socket that the page knows. */
export interface Target extends AttemptOwner {
  /** Dispatches an event that no platform's socket does. */
  dispatch(event: Event): void
  opened(): void
  ended(info: ClosedInfo): void
}

export class Outcome {
  readonly #target: Target
  /** The listeners of the close event are being called. */
  #isPending = false
  /** The attempt that ended last. */
  #finished: Attempt | undefined
  #lastClose: CloseEvent | undefined
  #lastError: unknown
  /** The attempt that it is of. */
  #failed: Attempt | undefined
  /** Since the last attempt that lasted. */
  #retries = 0

  /** The machine knows what follows, and waits until all listeners of the close event have been called. */
  isHeldUp = false
  /** The last close event was dispatched, and no attempt follows. */
  isOver = false
  ended: ClosedInfo | undefined

  constructor(target: Target) {
    this.#target = target
  }

  /** The client shall go on, or begin anew. */
  goOn(): void {
    if (this.ended) {
      this.#lastError = undefined
      this.#retries = 0
    }
    this.ended = undefined
    this.isOver = false
  }

  /** The platform dispatches its close event. */
  closed(event: CloseEvent): void {
    this.#lastClose = event
    this.#isPending = true
  }

  /** All listeners of the close event have been called. Whether that is news. */
  seen(): boolean {
    const wasPending = this.#isPending
    this.#isPending = false
    return wasPending
  }

  /** Reports why the attempt failed, unless the platform did: for a connection that breaks it dispatches no error. */
  failed(kind: Failure, attempt: Attempt): void {
    const { failure, hasFailed } = attempt
    if (hasFailed) return
    attempt.hasFailed = true
    this.#failed = attempt
    this.#lastError = failure ?? new Error(`homing: ${FAILURES[kind]}`)
    if (kind === Failure.Opaque && !failure && attempt.closeEvent) return
    this.#target.dispatch(new FailureEvent(this.#lastError as Error))
  }

  /** The present attempt's close event, made here if it was given up. */
  closeEventOf(attempt: Attempt, core: Core): CloseEvent {
    return (attempt.closeEvent ??= closeEvent(core.value(0), core.value(1) > 0))
  }

  /** The attempt is over, and what follows is decided. If another one does, it is this one's no more. */
  finish(attempt: Attempt, core: Core, dropAttempt: () => void): void {
    const isNative = attempt.closeEvent !== undefined && this.#lastClose === attempt.closeEvent
    const event = (this.#lastClose = this.closeEventOf(attempt, core))
    this.#finished = attempt
    // It was open for long enough.
    if (core.value(3) > 0) this.#retries = 0
    if (core.value(2) >= 0) dropAttempt()
    else this.isOver = true
    // What failed earlier is not why this one is over.
    if (this.#failed !== attempt) this.#lastError = undefined
    this.isHeldUp = this.#isPending
    if (this.isHeldUp) return
    if (!isNative) this.#target.dispatch(event)
    this.finished(core)
  }

  /** All listeners of the close event have been called. */
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
    this.#target.ended(this.ended)
    this.#target.dispatch(new EndEvent(this.ended))
  }
}
