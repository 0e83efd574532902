/**
 * What a client is doing, and what it receives, as things to subscribe to: for React's `useSyncExternalStore`, Svelte's
 * `$store`, Vue's `shallowRef`, Solid's `from` and RxJS's `from`.
 * @module
 */

import type { ClientState, ClosedInfo, HomingSocket } from 'homing'

declare global {
  interface SymbolConstructor {
    /** As declared by RxJS, which uses the text `@@observable` where there is no such symbol. */
    readonly observable: symbol
  }
}

/** A reconnect that is scheduled. */
export interface Retry {
  /** How many there have been since the last connection that lasted; the first one is 1. */
  readonly attempt: number
  /** The delay in milliseconds. */
  readonly delay: number
  /** When it is due, in milliseconds since the epoch: what a countdown needs. */
  readonly at: number
}

/** What a client is doing. Never changes: where something has changed there is another one. */
export interface Snapshot {
  readonly state: ClientState
  /** The reconnect that the client waits for; undefined unless `state` is `waiting`. */
  readonly retry: Retry | undefined
  /** How the last connection or attempt ended; undefined until one has. */
  readonly lastClose: { readonly code: number; readonly reason: string; readonly wasClean: boolean } | undefined
  /** How the client came to its end; undefined unless `state` is `closed`. */
  readonly ended: ClosedInfo | undefined
  /** The last heartbeat's round trip in milliseconds; undefined until one was answered on this connection. */
  readonly latency: number | undefined
}

/** Ends a subscription, when called or by its method. */
export interface Unsubscribe {
  (): void
  unsubscribe(): void
}

/** What values go to: a function, or an object as RxJS has it. */
export type Listener<T> = ((value: T) => void) | { next?(value: T): void; complete?(): void }

/** Something to subscribe to, also by RxJS's `from`. Its functions need no `this`. */
export interface Subscribable<T> {
  /** An exception of the listener is reported, and keeps nothing from the other listeners. */
  subscribe(listener: Listener<T>): Unsubscribe
  [Symbol.observable](): Subscribable<T>
}

/** The store of a client; see {@link store}. */
export interface Store extends Subscribable<Snapshot> {
  /** Returns the same object for as long as nothing has changed. */
  getSnapshot(): Snapshot
}

const stores = new WeakMap<HomingSocket, Store>()

/**
 * Returns the store of a client: always the same one, so that this can be called while rendering. `subscribe` calls its
 * listener at once, and whenever something has changed. It never completes, as `reconnect()` revives a client that has ended.
 *
 * It knows what has happened since it was made: make it where the client is made. It lives as long as the client, and does
 * not close it.
 *
 * @throws a `TypeError` for what is no `HomingSocket`.
 */
export function store(socket: HomingSocket): Store {
  check('store', socket)
  let known = stores.get(socket)
  if (!known) stores.set(socket, (known = create(socket)))
  return known
}

function create(socket: HomingSocket): Store {
  const listeners = new Set<{ readonly call: (snapshot: Snapshot) => void }>()
  let snapshot: Snapshot = Object.freeze({
    state: socket.state,
    retry: undefined,
    lastClose: undefined,
    ended: undefined,
    latency: undefined,
  })
  let delivered = snapshot

  /** Makes another snapshot if something is different. */
  const change = (changes: Partial<Snapshot>): void => {
    const next = { ...snapshot, ...changes, state: socket.state }
    if (next.state !== 'waiting') next.retry = undefined
    if (next.state !== 'closed') next.ended = undefined
    if (next.state !== 'open') next.latency = undefined
    if ((Object.keys(next) as (keyof Snapshot)[]).every((key) => Object.is(next[key], snapshot[key]))) return
    snapshot = Object.freeze(next)
  }
  const update = (changes: Partial<Snapshot> = {}): void => {
    change(changes)
    // It may also have been made by `getSnapshot`, which calls no listeners.
    if (snapshot === delivered) return
    delivered = snapshot
    for (const entry of [...listeners]) if (listeners.has(entry)) entry.call(snapshot)
  }

  socket.addEventListener('connecting', () => update())
  socket.addEventListener('open', () => update())
  socket.addEventListener('latency', ({ latency }) => update({ latency }))
  socket.addEventListener('close', ({ code, reason, wasClean }) =>
    update({ lastClose: Object.freeze({ code, reason, wasClean }) }),
  )
  socket.addEventListener('reconnecting', ({ attempt, delay }) => {
    update({ retry: Object.freeze({ attempt, delay, at: Date.now() + delay }) })
  })
  const end = ({ reason, unsent, cause, error }: ClosedInfo): void =>
    update({ ended: Object.freeze({ reason, unsent, cause, error }) })
  socket.addEventListener('end', end)
  // It was there before this store.
  if (snapshot.state === 'closed') void socket.closed.then((info) => snapshot.ended || end(info))

  const getSnapshot = (): Snapshot => {
    // Some changes, such as that by `close()`, have no event.
    change({})
    return snapshot
  }
  return subscribable(
    (listener) => {
      const entry = { call: (value: Snapshot) => deliver(listener, value) }
      listeners.add(entry)
      entry.call(getSnapshot())
      return () => void listeners.delete(entry)
    },
    { getSnapshot },
  )
}

/**
 * Returns the messages of a client: `subscribe` calls its listener with the data of each message from then on, and completes
 * when the client comes to its end, at once if it has.
 *
 * They are no part of the store: a store has a latest value, which frameworks look at when they render, and of two messages
 * before that the first would be lost.
 *
 * @throws a `TypeError` for what is no `HomingSocket`.
 */
export function messages(socket: HomingSocket): Subscribable<any> {
  check('messages', socket)
  return subscribable((listener) => {
    const onMessage = ({ data }: MessageEvent): void => deliver(listener, data)
    const stop = (): void => {
      socket.removeEventListener('message', onMessage)
      socket.removeEventListener('end', complete)
    }
    const complete = (): void => {
      stop()
      if (typeof listener === 'object') listener.complete?.()
    }
    if (socket.state === 'closed') complete()
    else {
      socket.addEventListener('message', onMessage)
      socket.addEventListener('end', complete)
    }
    return stop
  })
}

function subscribable<T, More extends object = object>(
  subscribe: (listener: Listener<T>) => () => void,
  more?: More,
): Subscribable<T> & More {
  const made = {
    ...more,
    subscribe: (listener: Listener<T>) => {
      const unsubscribe = subscribe(listener) as Unsubscribe
      unsubscribe.unsubscribe = unsubscribe
      return unsubscribe
    },
  }
  for (const key of ['@@observable', Symbol.observable] as const) {
    if (key) Object.defineProperty(made, key, { value: () => made })
  }
  return made as never
}

function deliver<T>(listener: Listener<T>, value: T): void {
  try {
    if (typeof listener === 'function') listener(value)
    else listener.next?.(value)
  } catch (error) {
    if (typeof reportError === 'function') reportError(error)
    else
      queueMicrotask(() => {
        throw error
      })
  }
}

function check(what: string, socket: unknown): void {
  if (typeof (socket as HomingSocket | undefined)?.addEventListener === 'function' && 'state' in (socket as object)) return
  throw new TypeError(`homing: ${what}: expected a HomingSocket, got ${socket === null ? 'null' : typeof socket}`)
}
