// Sockets that are no `EventTarget` of the platform, such as those of the package `ws`: their events are told by real ones.

import { closeEvent, FailureEvent } from './events.js'
import type { Ears } from './listeners.js'

/** Tells whatever such a socket tells as an event of `target`. */
export function translate(socket: WebSocket, target: EventTarget, ears: Ears): void {
  const tell = (event: Event): unknown => EventTarget.prototype.dispatchEvent.call(target, event)
  socket.onopen = () => {
    ears.opened()
    tell(new Event('open'))
  }
  socket.onmessage = ({ data }) => {
    // Some do not know blobs and ignore such a `binaryType`: `ws` before version 8.
    const isMissed = typeof data === 'object' && (target as WebSocket).binaryType === 'blob' && !(data instanceof Blob)
    const event = new MessageEvent('message', { data: isMissed ? new Blob([data as ArrayBuffer]) : data })
    if (ears.admit(event)) tell(event)
  }
  socket.onerror = (event) => {
    const { error } = event as ErrorEvent
    ears.errored()
    tell(error instanceof Error ? new FailureEvent(error) : new Event('error'))
  }
  socket.onclose = ({ code, wasClean, reason }) => {
    const event = closeEvent(code, wasClean, reason)
    ears.closed(event)
    tell(event)
    ears.told()
  }
}

export function silence(socket: WebSocket): void {
  socket.onopen = socket.onmessage = socket.onclose = null
  // Not null: an error that nobody listens to is thrown.
  socket.onerror = () => {}
}
