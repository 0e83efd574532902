// Options, checked at once (S1), with their defaults.

import type { Config } from './core.js'
import type { HeartbeatOptions, HomingSocketOptions, Provided, WebSocketClass } from './types.js'

/** What a driver goes by. */
export interface Settings {
  readonly config: Config
  readonly url: Provided<string>
  readonly protocols: Provided<string | string[] | undefined>
  readonly queue: boolean
  readonly heartbeat: HeartbeatOptions | undefined
  readonly shouldReconnect: ((event: CloseEvent) => boolean) | undefined
  readonly pauseWhileHidden: boolean
  readonly signal: AbortSignal | undefined
  readonly WebSocket: WebSocketClass | undefined
  /** There is nothing to decide: whatever the platform's socket does is right. */
  readonly bare: boolean
}

export function settle(url: unknown, protocols: unknown, options: HomingSocketOptions = {}): Settings {
  const { heartbeat, queue = true, pauseWhileHidden = false, signal, WebSocket } = options
  const reconnect = typeof options.reconnect === 'object' ? options.reconnect : {}
  const comesBack = options.reconnect !== false
  const { shouldReconnect } = reconnect

  const duration = (name: string, value: number | undefined, byDefault: number): number => {
    const chosen = value ?? byDefault
    if (!(chosen > 0)) throw new RangeError(`${name}: ${chosen} is not a time in milliseconds`)
    return chosen
  }
  const config: Config = {
    first: duration('reconnect.min', reconnect.min, Math.min(1000, reconnect.max ?? 1000)),
    max: duration('reconnect.max', reconnect.max, Math.max(30_000, reconnect.min ?? 0)),
    factor: reconnect.factor ?? 2,
    jitter: reconnect.jitter ?? 1,
    maxAttempts: comesBack ? (reconnect.maxAttempts ?? Infinity) : 0,
    stableAfter: duration('reconnect.stableAfter', reconnect.stableAfter, 5000),
    openTimeout: duration('openTimeout', options.openTimeout, comesBack ? 10_000 : Infinity),
    closeTimeout: duration('closeTimeout', options.closeTimeout, comesBack ? 5000 : Infinity),
    beatInterval: heartbeat ? duration('heartbeat.interval', heartbeat.interval, 20_000) : Infinity,
    beatTimeout: heartbeat ? duration('heartbeat.timeout', heartbeat.timeout, 20_000) : 0,
    maxSendBuffer: duration('maxSendBuffer', options.maxSendBuffer, 2 ** 20),
    hasProvider: typeof url === 'function',
    hasPredicate: shouldReconnect !== undefined,
  }
  const refuse = (fault: string): never => {
    throw new RangeError(fault)
  }
  if (config.first > config.max) refuse('reconnect: min is more than max')
  if (!(config.factor >= 1 && config.factor < Infinity)) refuse('reconnect.factor: must be at least 1')
  if (!(config.jitter >= 0 && config.jitter <= 1)) refuse('reconnect.jitter: must be from 0 to 1')
  if (!(config.maxAttempts >= 0)) refuse('reconnect.maxAttempts: must not be negative')
  if (pauseWhileHidden && config.maxAttempts === 0) refuse('pauseWhileHidden: it comes back, which reconnect forbids')
  if (heartbeat && heartbeat.message === undefined) refuse('heartbeat.message: needed, as browsers cannot send Ping')

  const unhurried = config.openTimeout === Infinity && config.closeTimeout === Infinity
  return {
    config,
    url: typeof url === 'function' ? (url as () => string) : `${url}`,
    protocols: typeof protocols === 'function' ? (protocols as () => string[]) : protocolsOf(protocols),
    queue,
    heartbeat,
    shouldReconnect,
    pauseWhileHidden,
    signal,
    WebSocket,
    bare: !comesBack && !queue && !heartbeat && !pauseWhileHidden && unhurried,
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
