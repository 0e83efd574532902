// Sockets that are no `EventTarget` of the platform, such as those of the package `ws`: their events are repeated by real ones.

import { closeEvent, FailureEvent } from './events.js'
import type { Observer } from './observer.js'

/** Dispatches whatever happens on such a socket as an event of `target`. */
export function adapt(socket: WebSocket, target: EventTarget, observer: Observer): void {
  const emit = (event: Event): unknown => EventTarget.prototype.dispatchEvent.call(target, event)
  socket.onopen = () => {
    observer.opened()
    emit(new Event('open'))
  }
  socket.onmessage = ({ data }) => {
    // Some do not know blobs and ignore such a `binaryType`: `ws` before version 8.
    const isMissed = typeof data === 'object' && (target as WebSocket).binaryType === 'blob' && !(data instanceof Blob)
    const event = new MessageEvent('message', { data: isMissed ? new Blob([data as ArrayBuffer]) : data })
    if (observer.admit(event)) emit(event)
  }
  socket.onerror = (event) => {
    const { error } = event as ErrorEvent
    observer.errored()
    emit(error instanceof Error ? new FailureEvent(error) : new Event('error'))
  }
  socket.onclose = ({ code, wasClean, reason }) => {
    const event = closeEvent(code, wasClean, reason)
    observer.closed(event)
    emit(event)
    observer.closeSeen()
  }
}

export function silence(socket: WebSocket): void {
  // On Android, `close` of React Native's class does nothing while it connects, and it opens afterwards.
  socket.onopen = IS_REACT_NATIVE ? () => socket.close() : null
  socket.onmessage = socket.onclose = null
  // Not null: an error that nobody listens to is thrown.
  socket.onerror = () => {}
}
