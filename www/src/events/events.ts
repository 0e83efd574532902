// Events that no platform's socket knows, and those that a platform owes.

import type { ClosedInfo, EndReason } from '../types.js'

/** An attempt ended and another one is scheduled. */
export class ReconnectingEvent extends Event {
  /** Milliseconds until it is dialled, a whole number. */
  readonly delay: number
  /** How many there have been since the client last had a connection that lasted; the first one is 1. */
  readonly attempt: number
  /** What ended the last one. */
  readonly cause: CloseEvent

  constructor(delay: number, attempt: number, cause: CloseEvent) {
    super('reconnecting')
    this.delay = delay
    this.attempt = attempt
    this.cause = cause
  }
}

/** Nothing more happens, unless `reconnect()` is called. */
export class EndEvent extends Event implements ClosedInfo {
  readonly reason: EndReason
  readonly unsent: number
  readonly cause: CloseEvent | undefined
  readonly error: unknown

  constructor(info: ClosedInfo) {
    super('end')
    this.reason = info.reason
    this.unsent = info.unsent
    this.cause = info.cause
    this.error = info.error
  }
}

/** A heartbeat was answered. */
export class LatencyEvent extends Event {
  /** Milliseconds from the heartbeat to its answer. */
  readonly latency: number

  constructor(latency: number) {
    super('latency')
    this.latency = latency
  }
}

/** An attempt failed for a reason that is known here; for others the browser dispatches a plain `Event`. */
export class FailureEvent extends Event {
  readonly error: Error

  constructor(error: Error) {
    super('error')
    this.error = error
  }
}

/** A close event that no platform made. Older versions of Node have no such class. */
export function closeEvent(code: number, wasClean: boolean, reason = ''): CloseEvent {
  const init = { code, wasClean, reason }
  if (typeof CloseEvent === 'function') return new CloseEvent('close', init)
  return Object.assign(new Event('close'), init) as CloseEvent
}

/** The events of a `HomingSocket`. */
export interface HomingSocketEventMap extends WebSocketEventMap {
  /** An attempt ended, another is scheduled. */
  reconnecting: ReconnectingEvent
  /** The wait is over: the next socket is being dialled. Not dispatched for the first one, which `new` dials. */
  connecting: Event
  /** Nothing more happens, unless `reconnect()` is called. */
  end: EndEvent
  /** The queue was full and has room again, as there is a connection. */
  drain: Event
  /** A heartbeat was answered. */
  latency: LatencyEvent
}
