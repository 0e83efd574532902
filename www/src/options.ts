// Options, checked at once (S1), with their defaults.

import { check, LONGEST, number, synchronous } from './checks.js'
import type { Config } from './core.js'
import { isBinary, type Data } from './queue.js'
import type { HeartbeatOptions, HomingSocketOptions, Provided, ReconnectOptions, WebSocketClass } from './types.js'

/** What a driver goes by. */
export interface Settings {
  readonly config: Config
  readonly url: Provided<string>
  readonly protocols: Provided<string | string[] | undefined>
  readonly queue: boolean
  readonly heartbeat: Beat | undefined
  readonly shouldReconnect: ((event: CloseEvent) => unknown) | undefined
  readonly pauseWhileHidden: boolean
  readonly signal: AbortSignal | undefined
  readonly WebSocket: WebSocketClass | undefined
  /** There is nothing to decide: whatever the platform's socket does is right. */
  readonly bare: boolean
}

interface Beat {
  /** Undefined if the page's function has failed. */
  readonly message: () => Data | undefined
  readonly isReply: ((data: unknown) => unknown) | undefined
  readonly inWorker: boolean
}

export function settle(url: unknown, protocols: unknown, options: HomingSocketOptions): Settings {
  const object = (name: string, value: unknown, expected = 'an object'): void =>
    check(value && typeof value === 'object' && !Array.isArray(value), name, expected, value)
  const boolean = (name: string, value: unknown): void => check(typeof value === 'boolean', name, 'a boolean', value)
  const callable = (name: string, value: unknown, expected = 'a function'): void =>
    check(value === undefined || typeof value === 'function', name, expected, value)

  object('options', options)
  const { reconnect = true, heartbeat, queue = true, pauseWhileHidden = false, signal, WebSocket } = options
  if (typeof reconnect !== 'boolean') object('reconnect', reconnect, 'a boolean or an object')
  if (heartbeat !== undefined) object('heartbeat', heartbeat)
  const policy: ReconnectOptions = typeof reconnect === 'object' ? reconnect : {}
  const { max = 30_000, min = Math.min(1000, max), factor = 2, jitter = 1, stableAfter = 5000, shouldReconnect } = policy
  const { maxAttempts = reconnect ? Infinity : 0 } = policy
  const { message, isReply, inWorker = false, interval = heartbeat ? 20_000 : Infinity, timeout = 20_000 } = heartbeat ?? ({} as HeartbeatOptions)
  const { openTimeout = reconnect ? 10_000 : Infinity, closeTimeout = reconnect ? 5000 : Infinity, maxSendBuffer = 2 ** 20 } = options

  boolean('queue', queue)
  boolean('pauseWhileHidden', pauseWhileHidden)
  boolean('heartbeat.inWorker', inWorker)
  callable('reconnect.shouldReconnect', shouldReconnect)
  callable('heartbeat.isReply', isReply)
  callable('WebSocket', WebSocket, 'a class')
  // Not by `instanceof`: other frames and libraries have classes of their own.
  const isSignal = typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
  check(signal === undefined || isSignal, 'signal', 'an AbortSignal', signal)
  const isMessage = typeof message === 'string' || typeof message === 'function' || isBinary(message)
  check(!heartbeat || isMessage, 'heartbeat.message', 'a string, binary data or a function', message)

  const longest = number('reconnect.max', max)
  const first = number('reconnect.min', min, 0.001, LONGEST)
  const config: Config = {
    first,
    max: policy.max === undefined ? Math.max(longest, first) : longest,
    factor: number('reconnect.factor', factor, 1, 1e308),
    jitter: number('reconnect.jitter', jitter, 0, 1),
    maxAttempts: number('reconnect.maxAttempts', maxAttempts, 0),
    stableAfter: number('reconnect.stableAfter', stableAfter),
    openTimeout: number('openTimeout', openTimeout),
    closeTimeout: number('closeTimeout', closeTimeout),
    beatInterval: number('heartbeat.interval', interval),
    beatTimeout: number('heartbeat.timeout', timeout),
    maxSendBuffer: number('maxSendBuffer', maxSendBuffer, 1),
    hasProvider: typeof url === 'function',
    hasPredicate: shouldReconnect !== undefined,
  }
  number('reconnect.min', first, 0, config.max)
  if (pauseWhileHidden) number('reconnect.maxAttempts with pauseWhileHidden', maxAttempts, 1)

  const unhurried = openTimeout === Infinity && closeTimeout === Infinity
  return {
    config,
    url: typeof url === 'function' ? (url as () => string) : `${url}`,
    protocols: typeof protocols === 'function' ? (protocols as () => string[]) : protocolsOf(protocols),
    queue,
    heartbeat: heartbeat && {
      message: typeof message === 'function' ? synchronous<void, Data | undefined>('heartbeat.message', message, () => undefined) : () => message,
      isReply: isReply && synchronous<unknown, unknown>('heartbeat.isReply', isReply, () => false),
      inWorker,
    },
    shouldReconnect:
      shouldReconnect &&
      synchronous<CloseEvent, unknown>('reconnect.shouldReconnect', shouldReconnect, ({ code }) => code !== 1008 && code !== 1010),
    pauseWhileHidden,
    signal,
    WebSocket,
    bare: !reconnect && !queue && !heartbeat && !pauseWhileHidden && unhurried,
  }
}

/** What the browser would make of it, as it may have changed by the next attempt. */
function protocolsOf(protocols: unknown): string | string[] | undefined {
  if (protocols === undefined) return undefined
  if (typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols) {
    return Array.from(protocols as Iterable<unknown>, (protocol) => `${protocol}`)
  }
  return `${protocols}`
}
