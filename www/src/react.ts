'use client'
/**
 * A hook that holds a `HomingSocket` for as long as a component is mounted.
 * @module
 */

import { type ClientState, HomingSocket, type HomingSocketOptions, type Provided } from 'homing'
import { store } from 'homing/store'
import { useCallback, useEffect, useInsertionEffect, useRef, useState, useSyncExternalStore } from 'react'
import { convert, type Payload, sizeOf, snapshot } from './driver/queue.js'

/**
 * Options of {@link useHomingSocket}. The callbacks and `setup` may be different functions in each render: those of the latest
 * render are called.
 */
export interface UseHomingSocketOptions extends HomingSocketOptions {
  /** The subprotocols to offer, or a function that returns them for each attempt. Different subprotocols make another client. */
  protocols?: Provided<string | string[] | undefined>
  /** Called when a connection is opened, the first and every later one: the place to subscribe. */
  onOpen?: (event: Event, socket: HomingSocket) => void
  /** Called for each message. */
  onMessage?: (event: MessageEvent, socket: HomingSocket) => void
  /** Called before `onClose` if an attempt could not be opened or timed out. */
  onError?: (event: Event, socket: HomingSocket) => void
  /** Called at the end of each attempt, but not for the closing when the component is unmounted. */
  onClose?: (event: CloseEvent, socket: HomingSocket) => void
}

/** The result of {@link useHomingSocket}. */
export interface HomingSocketHook {
  /** The client; undefined while `url` is null, and until the component is mounted. */
  readonly socket: HomingSocket | undefined
  /** The state of the client; `closed` while `url` is null. */
  readonly state: ClientState
  /**
   * Sends or queues a message, from the first effects on. The function is the same in every render. Throws an `InvalidStateError`
   * while `url` is null, and after the component was unmounted.
   */
  readonly send: HomingSocket['send']
}

type Url = Provided<string | URL> | null | undefined
type Data = Parameters<HomingSocket['send']>[0]

/** A client, and what it was created for. */
interface Held {
  readonly key: string
  readonly socket: HomingSocket
}

/** A message that waits for its client. */
interface Early {
  readonly key: string | undefined
  readonly payload: Payload
  readonly bytes: number
}

const subscribeToNothing = () => () => {}

/**
 * Connects while the component is mounted, and renders it again when the state changes. A different URL or different subprotocols
 * make another client; changes of other options have no effect on a client. Safe in `StrictMode`, where effects run twice: only
 * one connection is made.
 *
 * ```jsx
 * const { state, send } = useHomingSocket(url, { onMessage: ({ data }) => setLines((lines) => [...lines, data]) })
 * ```
 *
 * @param url the URL, or a function that returns it for each attempt; null to connect later.
 * @throws while rendering, to be caught by an error boundary, what the constructor of `HomingSocket` throws.
 */
export function useHomingSocket(url: Url, options: UseHomingSocketOptions = {}): HomingSocketHook {
  const key = keyOf(url, options.protocols)
  const latest = useRef({ url, options, key })
  const isUnmounted = useRef(false)
  // An insertion effect runs before the effects of children, which may call `send`, and in StrictMode once.
  useInsertionEffect(() => {
    latest.current = { url, options, key }
    isUnmounted.current = false
    return () => {
      isUnmounted.current = true
    }
  })

  const [held, setHeld] = useState<Held>()
  const [failure, setFailure] = useState<{ error: unknown }>()
  if (failure) throw failure.error

  const live = useRef<Held | undefined>(undefined)
  /** Messages sent after their key was rendered and before its socket exists. */
  const early = useRef<Early[]>([])
  useEffect(() => {
    if (key === undefined) return undefined
    const mounted = new AbortController()
    // In a microtask, since StrictMode runs the cleanup right after the first effect.
    queueMicrotask(() => {
      if (mounted.signal.aborted || latest.current.key !== key) return
      let socket: HomingSocket
      try {
        socket = connect(latest, mounted.signal)
      } catch (error) {
        return setFailure({ error })
      }
      live.current = { key, socket }
      setHeld(live.current)
      for (const { payload } of early.current.splice(0)) socket.send(payload)
    })
    return () => {
      mounted.abort()
      // Those of the next key may be there already, from layout effects.
      early.current = early.current.filter((message) => message.key !== key)
      live.current?.socket.close(1000)
      live.current = undefined
      setHeld(undefined)
    }
  }, [key])

  const socket = held?.key === key ? held?.socket : undefined
  const before = key === undefined ? 'closed' : 'connecting'
  const state = useSyncExternalStore<ClientState>(
    socket ? store(socket).subscribe : subscribeToNothing,
    () => (socket ? store(socket).getSnapshot().state : before),
    () => before,
  )
  const send = useCallback((data: Data) => {
    const { url, options, key } = latest.current
    if (live.current && live.current.key === key) return live.current.socket.send(data)
    if (url == null || options.queue === false || isUnmounted.current) {
      throw new DOMException('homing: there is no connection yet', 'InvalidStateError')
    }
    const { maxSendBuffer = 2 ** 20 } = options
    const bytes = early.current.reduce((sum, message) => sum + message.bytes, 0)
    if (bytes >= maxSendBuffer) {
      throw new DOMException(`homing: the send buffer is full (maxSendBuffer: ${maxSendBuffer})`, 'QuotaExceededError')
    }
    const payload = snapshot(convert(data))
    early.current.push({ key, payload, bytes: Math.max(1, sizeOf(payload)) })
  }, [])
  return { socket, state, send }
}

/** Identifies a client. All functions are the same to it, since each render has new ones. */
function keyOf(url: Url, protocols: UseHomingSocketOptions['protocols']): string | undefined {
  if (url == null) return undefined
  const place = typeof url === 'function' ? null : `${url}`
  return JSON.stringify([place, typeof protocols === 'function' || protocols])
}

type Latest = { current: { url: Url; options: UseHomingSocketOptions } }

/** Creates a client whose functions and callbacks are those of the latest render, until `signal` is aborted. */
function connect(latest: Latest, signal: AbortSignal): HomingSocket {
  const { url, options } = latest.current
  const { protocols, setup, onOpen, onMessage, onError, onClose, ...rest } = options
  const made = new HomingSocket(
    typeof url === 'function' ? () => provided(latest.current.url as Provided<string | URL>) : url!,
    typeof protocols === 'function' ? () => provided(latest.current.options.protocols) : protocols,
    setup ? { ...rest, setup: (...given) => latest.current.options.setup?.(...given) } : rest,
  )
  const listen = { signal }
  made.addEventListener('open', (event) => latest.current.options.onOpen?.(event, made), listen)
  made.addEventListener('message', (event) => latest.current.options.onMessage?.(event, made), listen)
  made.addEventListener('error', (event) => latest.current.options.onError?.(event, made), listen)
  made.addEventListener('close', (event) => latest.current.options.onClose?.(event, made), listen)
  return made
}

function provided<T>(value: Provided<T>): T | Promise<T> {
  return typeof value === 'function' ? (value as () => T | Promise<T>)() : value
}
