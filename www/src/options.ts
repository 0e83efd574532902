// Options, checked at once (S1), with their defaults.

import { CENTURY, check, LONGEST, number, synchronous, typed } from './checks.js'
import { type Data, isBinary } from './driver/queue.js'
import type { Config } from './machine/codes.js'
import type { HeartbeatOptions, HomingSocketOptions, Provided, ReconnectOptions, SetupFunction, WebSocketClass } from './types.js'

/** The checked options of a driver. */
export interface Settings {
  readonly config: Config
  readonly url: Provided<string>
  readonly protocols: Provided<string | string[] | undefined>
  readonly queue: boolean
  readonly heartbeat: Heartbeat | undefined
  readonly shouldReconnect: ((event: CloseEvent) => unknown) | undefined
  readonly setup: SetupFunction | undefined
  readonly pauseWhileHidden: boolean
  readonly signal: AbortSignal | undefined
  readonly WebSocket: WebSocketClass | undefined
  /** Whether the class is neither the platform's nor inherits from it. */
  readonly isForeign: boolean
  /** The third argument of the class's constructor. */
  readonly classOptions: object | undefined
  /** Whether the client only passes on what the platform's socket does: one attempt without timeouts, queue and heartbeat. */
  readonly isPlain: boolean
}

interface Heartbeat {
  /** Returns undefined if the program's function has failed. */
  readonly message: () => Data | undefined
  readonly isReply: ((data: unknown) => unknown) | undefined
  readonly inWorker: boolean
}

export function normalizeOptions(url: unknown, protocols: unknown, options: HomingSocketOptions): Settings {
  // `Object` accepts any value; the types are checked below.
  const {
    reconnect = true,
    heartbeat,
    queue = true,
    pauseWhileHidden = false,
    setup,
    setupTimeout = 10_000,
    signal,
    WebSocket,
    headers,
    webSocketOptions,
  } = Object(options) as HomingSocketOptions
  const isProvided = [url, protocols].some((it) => typeof it === 'function')
  const {
    openTimeout = reconnect || isProvided ? 10_000 : Infinity,
    closeTimeout = reconnect ? 5000 : Infinity,
    maxSendBuffer = 2 ** 20,
  } = Object(options) as HomingSocketOptions
  const policy = Object(reconnect) as ReconnectOptions
  const { max = 30_000 } = policy
  const longest = number('reconnect.max', max)
  const { min = Math.min(1000, longest), factor = 2, jitter = 1, stableAfter = 5000, shouldReconnect } = policy
  const { maxAttempts = reconnect ? Infinity : 0, maxInitialAttempts = Infinity } = policy
  const {
    message,
    isReply,
    inWorker = false,
    interval = heartbeat ? 20_000 : Infinity,
    timeout = 20_000,
  } = Object(heartbeat) as HeartbeatOptions

  typed('object', { options, heartbeat, headers, webSocketOptions })
  typed('boolean or object', { reconnect })
  typed('boolean', { queue, pauseWhileHidden, 'heartbeat.inWorker': inWorker })
  typed('function', { 'reconnect.shouldReconnect': shouldReconnect, 'heartbeat.isReply': isReply, setup, WebSocket })
  const isMessage = typeof message === 'string' || typeof message === 'function' || isBinary(message)
  check(!heartbeat || isMessage, 'heartbeat.message', 'a string, binary data or a function', message)
  // Not by `instanceof`, since other frames and libraries have classes of their own.
  const isSignal = typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
  check(signal === undefined || isSignal, 'signal', 'an AbortSignal', signal)
  const native = globalThis.WebSocket as typeof WebSocket
  const used = WebSocket ?? native
  const isOther = takesOptions(used)
  const needed = "a class that takes headers and webSocketOptions (a browser's cannot)"
  check(isOther || !(headers ?? webSocketOptions), 'WebSocket', needed, WebSocket)

  const first = number('reconnect.min', min, 0.001, LONGEST)
  const config: Config = {
    min: first,
    max: policy.max === undefined ? Math.max(longest, first) : longest,
    factor: number('reconnect.factor', factor, 1, 1e308),
    jitter: number('reconnect.jitter', jitter, 0, 1),
    maxAttempts: number('reconnect.maxAttempts', maxAttempts, 0),
    stableAfter: number('reconnect.stableAfter', stableAfter),
    openTimeout: number('openTimeout', openTimeout),
    closeTimeout: number('closeTimeout', closeTimeout),
    // The machine takes `Infinity` for no heartbeat at all, but `ping()` sends one that has no interval.
    interval: Math.min(number('heartbeat.interval', interval), heartbeat ? CENTURY : Infinity),
    timeout: number('heartbeat.timeout', timeout),
    maxSendBuffer: number('maxSendBuffer', maxSendBuffer, 1),
    hasProvider: +isProvided,
    hasPredicate: +!!shouldReconnect,
    seed: Math.random(),
    maxInitialAttempts: number('reconnect.maxInitialAttempts', maxInitialAttempts, 1),
    setupTimeout: setup ? number('setupTimeout', setupTimeout) : 0,
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
      message:
        typeof message === 'function'
          ? synchronous<void, Data | undefined>('heartbeat.message', message, () => undefined)
          : () => message,
      isReply: isReply && synchronous<unknown, unknown>('heartbeat.isReply', isReply, () => false),
      inWorker,
    },
    shouldReconnect:
      shouldReconnect &&
      synchronous<CloseEvent, unknown>(
        'reconnect.shouldReconnect',
        shouldReconnect,
        ({ code }) => code !== 1008 && code !== 1010,
      ),
    setup,
    pauseWhileHidden,
    signal,
    WebSocket,
    // biome-ignore lint/suspicious/noPrototypeBuiltins: of a class, not of an object that could have a method of that name
    isForeign: isOther && (used === native || !native?.isPrototypeOf(used)),
    classOptions: headers ? { ...webSocketOptions, headers } : webSocketOptions,
    isPlain: !reconnect && !queue && !heartbeat && !pauseWhileHidden && unhurried,
  }
}

/**
 * Whether the constructor of a class may take options. Those of browsers do not, and their `length` is 1. React Native's does, and
 * a program may have set the global class to that of `ws`.
 */
export function takesOptions(Class: WebSocketClass | undefined): Class is WebSocketClass {
  return !!Class && (Class !== globalThis.WebSocket || Class.length > 2)
}

/** Checks the URL that a function returned. The browser's class would resolve `undefined` or `''` as a relative URL. */
export function provided(url: unknown): string {
  const isUrl = typeof url === 'string' ? url : typeof (url as URL | undefined | null)?.href === 'string'
  check(isUrl, 'the result of url()', 'a URL or a non-empty string', url)
  return `${url as string}`
}

/** Converts subprotocols as the browser does, into a copy, since the program may change them before the next attempt. */
export function protocolsOf(protocols: unknown): string | string[] | undefined {
  if (protocols === undefined) return undefined
  if (typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols) {
    return Array.from(protocols as Iterable<unknown>, (protocol) => `${protocol}`)
  }
  const text = `${protocols}`
  const isMistaken = text === '[object Object]' && Object.keys(protocols as object).length > 0
  check(!isMistaken, 'protocols', 'a string or an array of them (options are the third argument)', protocols)
  return text
}
