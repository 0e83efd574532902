// Sockets that are no `EventTarget` of the platform, such as those of the package `ws`: each of their events is dispatched again as
// an event of the platform.

import { closeEvent, FailureEvent } from './events.js'
import type { Observer } from './observer.js'

/** Dispatches the events of such a socket on `target`. */
export function adapt(socket: WebSocket, target: EventTarget, observer: Observer): void {
  const emit = (event: Event): unknown => EventTarget.prototype.dispatchEvent.call(target, event)
  socket.onopen = () => {
    observer.opened()
    if (observer.dispatchesOpen) return
    emit(new Event('open'))
    observer.openSeen()
  }
  socket.onmessage = ({ data }) => {
    // A class without blobs ignores the `binaryType`: `ws` before version 8.
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

/** Removes the handlers of such a socket. */
export function silence(socket: WebSocket): void {
  // On Android, `close` of React Native's class has no effect while it connects, so it is called again when the socket opens.
  socket.onopen = IS_REACT_NATIVE ? () => socket.close() : null
  socket.onmessage = socket.onclose = null
  // Not null: `ws` throws errors without a listener.
  socket.onerror = () => {}
}
