// Checks that `homing/store` has the types that frameworks subscribe to. Compiled, not run.

import { type ClientState, HomingSocket } from 'homing'
import { messages, type Snapshot, type Store, type Subscribable, store, type Unsubscribe } from 'homing/store'
import { useSyncExternalStore } from 'react'

const socket = new HomingSocket('wss://example.org')
const client: Store = store(socket)

export function useClient(): Snapshot {
  const { subscribe, getSnapshot } = store(socket)
  return useSyncExternalStore(subscribe, getSnapshot)
}

/** As Svelte's `Readable`. */
interface Readable<T> {
  subscribe(run: (value: T) => void, invalidate?: (value?: T) => void): () => void
}
const readable: Readable<Snapshot> = client

/** As RxJS's `InteropObservable`, and the argument of Solid's `from`. */
interface Interop<T> {
  [Symbol.observable](): {
    subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): { unsubscribe(): void }
  }
}
const interop: Interop<Snapshot> = client
const lines: Interop<string> = messages(socket) as Subscribable<string>

const { state, retry, lastClose, ended, latency } = client.getSnapshot()
const known: ClientState = state
const countdown: number | undefined = retry && retry.at - Date.now() + retry.attempt + retry.delay
const code: number | undefined = lastClose?.code
const unsent: number | undefined = ended?.unsent
const unsubscribe: Unsubscribe = client.subscribe(({ latency }) => latency?.toFixed())
unsubscribe()
messages(socket)
  .subscribe({ next: (data: string) => data.length, complete() {} })
  .unsubscribe()

// @ts-expect-error a snapshot does not change
client.getSnapshot().state = 'open'
// @ts-expect-error not a client
store(new WebSocket('wss://example.org'))

export { code, countdown, interop, known, latency, lines, readable, unsent }
