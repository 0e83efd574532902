/**
 * The state and the messages of a client as stores and observables: for React's `useSyncExternalStore`, Svelte's `$store`, Vue's
 * `shallowRef`, Solid's `from` and RxJS's `from`.
 * @module
 */

import type { ClientState, ClosedInfo, HomingSocket } from 'homing'

declare global {
  interface SymbolConstructor {
    /** As RxJS declares it. Where there is no such symbol, RxJS uses the string `@@observable`. */
    readonly observable: symbol
  }
}

/** A scheduled reconnect, as reported by the event `reconnecting`. */
export interface Retry {
  /** The number of this reconnect since the last stable connection, counted from 1. */
  readonly attempt: number
  /** The delay in milliseconds, a whole number. */
  readonly delay: number
  /**
   * When the attempt starts, on the clock of `Date.now()`: milliseconds since the epoch, for a countdown. Later changes of that clock
   * do not change it.
   */
  readonly at: number
}

/** The state of a client at one moment. A snapshot is frozen; a change of the client makes a new one. */
export interface Snapshot {
  /** What the client is doing. */
  readonly state: ClientState
  /** The scheduled reconnect; undefined unless `state` is `waiting`. */
  readonly retry: Retry | undefined
  /** How the last connection or attempt ended; undefined until one has. */
  readonly lastClose: { readonly code: number; readonly reason: string; readonly wasClean: boolean } | undefined
  /** How the client ended; undefined unless `state` is `closed`. */
  readonly ended: ClosedInfo | undefined
  /** Round trip of the last heartbeat in milliseconds; undefined until one was answered on this connection. */
  readonly latency: number | undefined
}

/** Ends a subscription, when it is called or by its method. */
export interface Unsubscribe {
  (): void
  unsubscribe(): void
}

/** The receiver of values: a function, or an observer as in RxJS. */
export type Listener<T> = ((value: T) => void) | { next?(value: T): void; complete?(): void }

/** A source of values that can be subscribed to, also by RxJS's `from`. Its functions can be called without `this`. */
export interface Subscribable<T> {
  /** Adds a listener. If it throws, the exception is reported and the other listeners are still called. */
  subscribe(listener: Listener<T>): Unsubscribe
  [Symbol.observable](): Subscribable<T>
}

/** The store of a client; see {@link store}. */
export interface Store extends Subscribable<Snapshot> {
  /** Returns the current snapshot: the same object until something changes. */
  getSnapshot(): Snapshot
}

const stores = new WeakMap<HomingSocket, Store>()

/**
 * Returns the store of a client: always the same one, so that this can be called while rendering. `subscribe` calls its listener
 * immediately and after each change. It never completes, since `reconnect()` restarts a client that has ended.
 *
 * The store contains what has happened since it was created: create it where the client is created if `lastClose` matters. It
 * exists as long as the client and does not close it.
 *
 * ```jsx
 * const { subscribe, getSnapshot } = store(socket)
 * const { state, retry } = useSyncExternalStore(subscribe, getSnapshot)
 * ```
 *
 * @throws a `TypeError` if `socket` is no `HomingSocket`.
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

  /** Makes a new snapshot if something is different. */
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
    // `getSnapshot` may have made this snapshot, which calls no listeners.
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
  // The client ended before the store was created.
  if (snapshot.state === 'closed') void socket.closed.then((info) => snapshot.ended || end(info))

  const getSnapshot = (): Snapshot => {
    // Some changes, such as those by `close()`, have no event.
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
 * Returns the messages of a client: `subscribe` calls its listener with the data of each message from then on, and completes when
 * the client ends, immediately if it has.
 *
 * Messages are not part of the store: frameworks read only the latest value of a store when they render, so that the first of two
 * messages between two renderings would be lost.
 *
 * @throws a `TypeError` if `socket` is no `HomingSocket`.
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
