/**
 * `WebSocket` classes for libraries that reconnect by themselves: each socket is one connection.
 * @module
 */

import { HomingSocket, type HomingSocketOptions, type Provided } from 'homing'
import { check, typed } from './checks.js'
import { normalizeOptions, takesOptions } from './options.js'
import type { WebSocketClass } from './types.js'

/**
 * Options of the sockets of a class made by {@link plain}: those of a `HomingSocket` except those about reconnecting. By default
 * `openTimeout` and `closeTimeout` are the browser's own limits, as with `reconnect: false`; `openTimeout` is 10 s if the URL or the
 * subprotocols are functions.
 */
export interface PlainOptions extends Omit<HomingSocketOptions, 'reconnect' | 'pauseWhileHidden' | 'queue'> {
  /**
   * Whether messages are queued while the socket connects. If not, `send` throws an `InvalidStateError` then, as the browser's
   * does.
   * @default false
   */
  queue?: boolean
  /** Can only be false: a socket is one connection. */
  reconnect?: false
  /** Can only be false: the client would reconnect when the page is shown. */
  pauseWhileHidden?: false
}

/** The options of each class that {@link plain} has made. */
const bound = new WeakMap<object, PlainOptions>()

/** Options that no library passes to a socket class: in the third argument of the constructor they are a mistake. */
const MISPLACED = ['reconnect', 'heartbeat', 'queue', 'maxSendBuffer', 'openTimeout', 'setup', 'WebSocket', 'webSocketOptions']

/**
 * A `WebSocket` that is one connection and never reconnects, for libraries that take a `WebSocket` class and create a new socket
 * after each loss. Without options it behaves as the browser's class; {@link plain} makes a class with a heartbeat, timeouts or
 * headers.
 *
 * It is a `HomingSocket` with `{ reconnect: false, queue: false }` and has its events, promises and counters.
 */
export class PlainSocket extends HomingSocket {
  /**
   * Creates a socket and connects.
   *
   * @param url the URL, or a function that returns it, directly or as a promise: a place to add a fresh token.
   * @param protocols the subprotocols to offer, or a function that returns them.
   * @param classOptions options that some libraries pass to the class of `ws`, such as `{ headers }`. They are passed on to the class
   *   given to {@link plain} as `WebSocket`, overridden by the `headers` and `webSocketOptions` given there, or to a global class
   *   that takes them (React Native's). The classes of browsers and of Node ignore them.
   * @throws what the browser's constructor throws; a `TypeError` if `classOptions` contains options that belong to {@link plain}.
   */
  constructor(
    url: Provided<string | URL>,
    protocols: Provided<string | string[] | undefined> = undefined,
    classOptions: unknown = undefined,
  ) {
    // Without any argument it throws, as the browser's does.
    if (arguments.length === 0) super(...([] as unknown as [string]))
    else super(url, protocols, { ...withClassOptions(optionsOf(new.target), classOptions), reconnect: false })
  }

  /**
   * Not supported: create a new socket.
   *
   * @throws a `NotSupportedError`, always.
   */
  override reconnect(): never {
    const hint = 'create a new socket, or use HomingSocket'
    throw new DOMException(`homing: a socket of homing/plain cannot reconnect: ${hint}`, 'NotSupportedError')
  }
}

/**
 * Returns a class like {@link PlainSocket} whose sockets have these options, to be passed to a library in place of `WebSocket`.
 *
 * ```ts
 * const webSocketImpl = plain({ heartbeat: { message: 'ping' }, openTimeout: 10_000 })
 * createClient({ url: 'wss://example.com/graphql', webSocketImpl })
 * ```
 *
 * @throws a `TypeError` for an option of the wrong type, and for `reconnect` or `pauseWhileHidden` other than false; a `RangeError`
 *   for a number out of range.
 */
export function plain(options: PlainOptions = {}): typeof PlainSocket {
  typed('object', { options })
  const { reconnect, pauseWhileHidden, queue = false, ...rest } = options as HomingSocketOptions
  const never = 'false in homing/plain, whose sockets never reconnect (those of HomingSocket do)'
  check(reconnect === undefined || reconnect === false, 'reconnect', never, reconnect)
  check(pauseWhileHidden === undefined || pauseWhileHidden === false, 'pauseWhileHidden', never, pauseWhileHidden)
  const copy: PlainOptions = { ...rest, queue }
  // Checked here: a library may treat an exception of the constructor as a failed connection and retry for ever.
  normalizeOptions('ws://localhost', undefined, { ...copy, reconnect: false })

  const Class = class extends PlainSocket {}
  bound.set(Class, copy)
  return named(Class)
}

function optionsOf(Class: object): PlainOptions {
  for (let at: object | null = Class; at; at = Object.getPrototypeOf(at) as object | null) {
    const options = bound.get(at)
    if (options) return options
  }
  return { queue: false }
}

function withClassOptions(options: PlainOptions, classOptions: unknown): PlainOptions {
  if (typeof classOptions !== 'object' || classOptions === null) return options
  const misplaced = MISPLACED.find((name) => (classOptions as Record<string, unknown>)[name] !== undefined)
  if (misplaced) throw new TypeError(`homing: ${misplaced} must be given to plain(), not to the constructor of its class`)
  const { headers, webSocketOptions } = options
  const WebSocket = options.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketClass | undefined)
  if (!takesOptions(WebSocket)) return options
  const given = classOptions as { headers?: HomingSocketOptions['headers'] }
  return {
    ...options,
    WebSocket,
    webSocketOptions: { ...given, ...webSocketOptions },
    ...((headers ?? given.headers) && { headers: { ...given.headers, ...headers } }),
  }
}

/** Sets the name that consoles show, which minification shortens, and the `length` of the browser's class. */
function named<C extends object>(Class: C): C {
  const configurable = true
  return Object.defineProperties(Class, { name: { value: 'PlainSocket', configurable }, length: { value: 1, configurable } })
}
named(PlainSocket)
