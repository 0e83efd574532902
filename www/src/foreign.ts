// Sockets that are no `EventTarget` of the platform, such as those of the package `ws`: their events are told by real ones.

import { closeEvent, FailureEvent } from './events.js'
import type { Ears } from './listeners.js'

/** Tells whatever such a socket tells as an event of `target`. */
export function translate(socket: WebSocket, target: EventTarget, ears: Ears): void {
  const tell = (event: Event, head: (event: Event) => unknown): void => {
    if (head(event) !== false) EventTarget.prototype.dispatchEvent.call(target, event)
  }
  socket.onopen = () => tell(new Event('open'), ears.opened)
  socket.onmessage = ({ data }) => tell(new MessageEvent('message', { data }), ears.admit)
  socket.onerror = (event) => {
    const { error } = event as ErrorEvent
    tell(error instanceof Error ? new FailureEvent(error) : new Event('error'), ears.errored)
  }
  socket.onclose = ({ code, wasClean, reason }) => {
    tell(closeEvent(code, wasClean, reason), ears.closed)
    ears.told()
  }
}

export function silence(socket: WebSocket): void {
  socket.onopen = socket.onmessage = socket.onclose = null
  // Not null: an error that nobody listens to is thrown.
  socket.onerror = () => {}
}
