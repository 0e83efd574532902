'use client'
/**
 * A hook that holds a `HomingSocket` for as long as a component is mounted.
 * @module
 */

import { type ClientState, HomingSocket, type HomingSocketOptions, type Provided } from 'homing'
import { store } from 'homing/store'
import { useCallback, useEffect, useInsertionEffect, useRef, useState, useSyncExternalStore } from 'react'

/** What {@link useHomingSocket} takes besides the options of a `HomingSocket`. The callbacks may be others in each render. */
export interface UseHomingSocketOptions extends HomingSocketOptions {
  /** The subprotocols to offer, or a function that says so for each attempt. Others are another client. */
  protocols?: Provided<string | string[] | undefined>
  /** Called whenever there is a connection again: the place to subscribe. */
  onOpen?: (event: Event, socket: HomingSocket) => void
  /** Called with each message. */
  onMessage?: (event: MessageEvent, socket: HomingSocket) => void
  /** Called when an attempt has failed, before `onClose`. */
  onError?: (event: Event, socket: HomingSocket) => void
  /** Called at the end of each attempt, until the component is unmounted. */
  onClose?: (event: CloseEvent, socket: HomingSocket) => void
}

/** What {@link useHomingSocket} gives. */
export interface HomingSocketHook {
  /** Undefined while there is nothing to connect to, and until the component is mounted. */
  readonly socket: HomingSocket | undefined
  /** As the last event of the socket left it; `closed` where `url` is null. */
  readonly state: ClientState
  /** Sends or queues, already in the first effects. Always the same function. Throws where `url` is null. */
  readonly send: HomingSocket['send']
}

type Url = Provided<string | URL> | null | undefined
type Data = Parameters<HomingSocket['send']>[0]

const subscribeToNothing = () => () => {}

/**
 * Connects while the component is mounted, and renders anew when the state changes. Another URL, or other subprotocols,
 * are another client; of the other options a client keeps those that it was made with. Safe in `StrictMode`, where
 * effects run twice: the socket is dialled once.
 *
 * @param url where to, or a function that says so for each attempt; `null` for nowhere yet.
 * @throws while rendering, for an error boundary, what the constructor of `HomingSocket` throws.
 */
export function useHomingSocket(url: Url, options: UseHomingSocketOptions = {}): HomingSocketHook {
  const latest = useRef({ url, options })
  // Before all effects of this render, as those of children come before ours and may send.
  useInsertionEffect(() => {
    latest.current = { url, options }
  })

  const key = keyOf(url, options.protocols)
  const [held, setHeld] = useState<{ key: string; socket: HomingSocket }>()
  const [failure, setFailure] = useState<{ error: unknown }>()
  if (failure) throw failure.error

  const live = useRef<HomingSocket | undefined>(undefined)
  /** What was sent since this key was rendered and before there was a socket. */
  const early = useRef<Data[]>([])
  useEffect(() => {
    if (key === undefined) return undefined
    const mounted = new AbortController()
    // Later, as StrictMode takes everything down again at once.
    queueMicrotask(() => {
      if (mounted.signal.aborted) return
      try {
        const socket = connect(latest, mounted.signal)
        live.current = socket
        setHeld({ key, socket })
        early.current.splice(0).forEach((data) => socket.send(data))
      } catch (error) {
        setFailure({ error })
      }
    })
    return () => {
      mounted.abort()
      early.current = []
      live.current?.close(1000)
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
    if (live.current) return live.current.send(data)
    const { url, options } = latest.current
    if (url == null || options.queue === false) {
      throw new DOMException('homing: there is no connection yet', 'InvalidStateError')
    }
    early.current.push(data)
  }, [])
  return { socket, state, send }
}

/** Functions count as one, since those of each render are others. */
function keyOf(url: Url, protocols: UseHomingSocketOptions['protocols']): string | undefined {
  if (url == null) return undefined
  const place = typeof url === 'function' ? null : `${url}`
  return JSON.stringify([place, typeof protocols === 'function' ? null : protocols])
}

type Latest = { current: { url: Url; options: UseHomingSocketOptions } }

/** A socket that asks the component's latest render, until `signal`. */
function connect(latest: Latest, signal: AbortSignal): HomingSocket {
  const { url, options } = latest.current
  const { protocols, onOpen, onMessage, onError, onClose, ...rest } = options
  const made = new HomingSocket(
    typeof url === 'function' ? () => provided(latest.current.url as Provided<string | URL>) : url!,
    typeof protocols === 'function' ? () => provided(latest.current.options.protocols) : protocols,
    rest,
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
