// Messages as an async iterator.

import { Inbox } from './inbox.js'

/** Iterates over the data of all messages from now on, until the client ends. */
export function messages(socket: EventTarget & { readonly state: string }): AsyncIterableIterator<unknown> {
  const inbox = new Inbox<unknown>()
  const onMessage = (event: Event): void => inbox.push((event as MessageEvent).data)
  const finish = (): void => {
    inbox.finish()
    socket.removeEventListener('message', onMessage)
    socket.removeEventListener('end', finish)
  }
  if (socket.state === 'closed') inbox.isOver = true
  else {
    socket.addEventListener('message', onMessage)
    socket.addEventListener('end', finish)
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => inbox.next(),
    return: () => {
      inbox.take()
      finish()
      return Promise.resolve({ value: undefined, done: true })
    },
  }
}
