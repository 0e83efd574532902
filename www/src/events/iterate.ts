// Messages as an async iterator.

/** Iterates over the data of all messages from now on, until the client ends. */
export function messages(socket: EventTarget & { readonly state: string }): AsyncIterableIterator<unknown> {
  const waiting: unknown[] = []
  const readers: ((result: IteratorResult<unknown>) => void)[] = []
  let over = socket.state === 'closed'

  const onMessage = (event: Event): void => {
    const { data } = event as MessageEvent
    const reader = readers.shift()
    if (reader) reader({ value: data, done: false })
    else waiting.push(data)
  }
  const finish = (): void => {
    over = true
    socket.removeEventListener('message', onMessage)
    socket.removeEventListener('end', finish)
    readers.splice(0).forEach((reader) => reader({ value: undefined, done: true }))
  }
  if (!over) {
    socket.addEventListener('message', onMessage)
    socket.addEventListener('end', finish)
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: () => {
      if (waiting.length > 0) return Promise.resolve({ value: waiting.shift(), done: false })
      if (over) return Promise.resolve({ value: undefined, done: true })
      return new Promise((resolve) => readers.push(resolve))
    },
    return: () => {
      waiting.length = 0
      finish()
      return Promise.resolve({ value: undefined, done: true })
    },
  }
}
