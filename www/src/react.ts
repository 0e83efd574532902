/**
 * A hook that holds a `HomingSocket` for as long as a component is mounted.
 * @module
 */

import { HomingSocket, type ClientState, type HomingSocketOptions, type Provided } from 'homing'
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'

/** What {@link useHomingSocket} takes besides the options of a `HomingSocket`. */
export interface UseHomingSocketOptions extends HomingSocketOptions {
  protocols?: Provided<string | string[] | undefined>
  /** Called with each message. It may change from render to render. */
  onMessage?: (event: MessageEvent) => void
}

/** What {@link useHomingSocket} gives. */
export interface HomingSocketHook {
  /** Undefined on the server, before the first effect, and while `url` is null. */
  readonly socket: HomingSocket | undefined
  readonly state: ClientState
  /** The socket's `send`; throws where there is none yet. */
  readonly send: HomingSocket['send']
}

const CHANGES = ['open', 'close', 'reconnecting', 'end'] as const

/**
 * Connects while the component is mounted, and renders anew when the state changes. Another `url` is another client;
 * other options count from then on only.
 *
 * @param url where to; `null` for nowhere yet.
 */
export function useHomingSocket(url: string | null, options: UseHomingSocketOptions = {}): HomingSocketHook {
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })

  const [socket, setSocket] = useState<HomingSocket>()
  useEffect(() => {
    if (url === null) return undefined
    const { protocols, onMessage: _, ...rest } = latest.current
    const created = new HomingSocket(url, protocols, rest)
    created.addEventListener('message', (event) => latest.current.onMessage?.(event))
    setSocket(created)
    return () => {
      setSocket(undefined)
      created.close()
    }
  }, [url])

  const subscribe = useCallback(
    (changed: () => void) => {
      CHANGES.forEach((type) => socket?.addEventListener(type, changed))
      return () => CHANGES.forEach((type) => socket?.removeEventListener(type, changed))
    },
    [socket],
  )
  const state = useSyncExternalStore(
    subscribe,
    () => socket?.state ?? 'connecting',
    () => 'connecting' as const,
  )
  const send = useCallback<HomingSocket['send']>(
    (data) => {
      if (!socket) throw new DOMException('homing: not mounted yet', 'InvalidStateError')
      socket.send(data)
    },
    [socket],
  )
  return { socket, state, send }
}
