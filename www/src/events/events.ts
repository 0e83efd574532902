// Events that the underlying sockets do not have, and close events where a socket dispatches none.

import type { ClosedInfo, EndReason } from '../types.js'

/**
 * Dispatched after the `close` event of an attempt if another attempt is scheduled. Not dispatched if `reconnect()` is called while
 * the client waits or after it has ended.
 */
export class ReconnectingEvent extends Event {
  /** Milliseconds until the next attempt starts, a whole number. The attempt starts earlier if the network or the page returns. */
  readonly delay: number
  /** The number of this reconnect since the last stable connection (`reconnect.stableAfter`), counted from 1. */
  readonly attempt: number
  /** The close event of the attempt that ended. */
  readonly cause: CloseEvent

  constructor(delay: number, attempt: number, cause: CloseEvent) {
    super('reconnecting')
    this.delay = delay
    this.attempt = attempt
    this.cause = cause
  }
}

/** Dispatched when the client ends: there are no more attempts unless `reconnect()` is called. */
export class EndEvent extends Event implements ClosedInfo {
  /** Why there are no more attempts. */
  readonly reason: EndReason
  /** The number of messages that are still queued; `takeUnsent()` returns them. */
  readonly unsent: number
  /** The last attempt's close event, if there was an attempt. */
  readonly cause: CloseEvent | undefined
  /** Why the last attempt failed, where that is known; see {@link ClosedInfo.error}. */
  readonly error: unknown

  constructor(info: ClosedInfo) {
    super('end')
    this.reason = info.reason
    this.unsent = info.unsent
    this.cause = info.cause
    this.error = info.error
  }
}

/** Dispatched when a heartbeat is answered, as decided by `heartbeat.isReply`; without it, only when a `ping()` is answered. */
export class LatencyEvent extends Event {
  /** Milliseconds from the heartbeat to its answer, with fractions. */
  readonly latency: number

  constructor(latency: number) {
    super('latency')
    this.latency = latency
  }
}

/**
 * The `error` event of an attempt that failed for a reason known to the client: a timeout, a function for the URL or the
 * subprotocols that failed, or an error reported by a class such as that of `ws`. For other failures the browser dispatches a plain
 * `Event`, which hides the reason; `event instanceof FailureEvent` distinguishes them.
 */
export class FailureEvent extends Event {
  /** The reason; its `cause` is what a function of the program or the constructor of the socket's class has thrown. */
  readonly error: Error

  constructor(error: Error) {
    super('error')
    this.error = error
  }
}

/** Creates a close event, also in versions of Node that have no such class. */
export function closeEvent(code: number, wasClean: boolean, reason = ''): CloseEvent {
  const init = { code, wasClean, reason }
  if (typeof CloseEvent === 'function') return new CloseEvent('close', init)
  return Object.assign(new Event('close'), init) as CloseEvent
}

/** The events of a `HomingSocket`: those of `WebSocket` and the following. */
export interface HomingSocketEventMap extends WebSocketEventMap {
  /** An attempt ended and another one is scheduled. */
  reconnecting: ReconnectingEvent
  /** An attempt starts. Not dispatched for the first attempt, which the constructor starts. */
  connecting: Event
  /** The client ended: there are no more attempts unless `reconnect()` is called. */
  end: EndEvent
  /** The queue had reached `maxSendBuffer` and was sent, since there is a connection. */
  drain: Event
  /** A heartbeat was answered, as decided by `heartbeat.isReply`, or a `ping()`. */
  latency: LatencyEvent
}
