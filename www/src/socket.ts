// The class `HomingSocket`: the interface of the browser's `WebSocket` over a driver.

import { LONGEST, number } from './checks.js'
import { Driver } from './driver/driver.js'
import { closedError } from './driver/outcome.js'
import type { Data, Payload } from './driver/queue.js'
import { deferred } from './events/deferred.js'
import { EndEvent, FailureEvent, type HomingSocketEventMap, LatencyEvent, ReconnectingEvent } from './events/events.js'
import { messages } from './events/iterate.js'
import { Listeners } from './events/listeners.js'
import { normalizeOptions } from './options.js'
import type { ClientState, ClosedInfo, HomingSocketOptions, OpenedInfo, Provided, Stats } from './types.js'

/** A global of platforms that have `EventTarget.prototype.when`; TypeScript does not declare it yet. */
declare class Observable {
  constructor(subscribe: (subscriber: { next(value: unknown): void; readonly signal: AbortSignal }) => void)
}

type Listener<K extends keyof HomingSocketEventMap> = (this: HomingSocket, event: HomingSocketEventMap[K]) => unknown

/** Members of the standard's interface. */
const STANDARD = [
  'url',
  'readyState',
  'bufferedAmount',
  'onopen',
  'onerror',
  'onclose',
  'extensions',
  'protocol',
  'close',
  'onmessage',
  'binaryType',
  'send',
]

/**
 * A `WebSocket` that reconnects: the interface, events and close codes of the browser's class, over one socket after another.
 *
 * Each attempt ends with one `close` event, after an `error` event if it could not be opened or timed out. While the client waits
 * for its next attempt, `readyState` is `CONNECTING`. With `{ reconnect: false, queue: false }` it behaves as the browser's class.
 *
 * ```ts
 * const socket = new HomingSocket('wss://example.com/prices', [], { heartbeat: { message: 'ping' } })
 * socket.onopen = () => socket.send('subscribe EURUSD')
 * socket.onmessage = ({ data }) => console.log(data)
 * ```
 *
 * Differences from the browser's class:
 *
 * - `instanceof WebSocket` is false: an object that inherits from the browser's prototype without being made by its constructor
 *   throws in every member that is not overridden, and Node 20 has no such class. `Object.prototype.toString` returns
 *   `[object WebSocket]`.
 * - Listeners must be added by the socket's own methods and attributes, or by `when()`. Those added by
 *   `EventTarget.prototype.addEventListener.call(socket, ...)` do not receive the events of the underlying sockets: dispatching a
 *   second event for each message would take a third of the page's time for messages.
 * - With zone.js, listeners run in the zone in which they were added. Everything that the client does by itself runs in the zone or
 *   the `AsyncLocalStorage` context in which it was created.
 */
export class HomingSocket extends EventTarget {
  declare static readonly CONNECTING: 0
  declare static readonly OPEN: 1
  declare static readonly CLOSING: 2
  declare static readonly CLOSED: 3
  declare readonly CONNECTING: 0
  declare readonly OPEN: 1
  declare readonly CLOSING: 2
  declare readonly CLOSED: 3

  readonly #listeners: Listeners
  readonly #driver: Driver

  /**
   * Creates a client and starts its first attempt.
   *
   * @param url the URL, or a function that returns it for each attempt; if the function fails, so does the attempt. To stop, call
   *   `close()` inside the function, after its first `await`: the client ends with the reason `closed`.
   * @param protocols the subprotocols to offer, or a function that returns them.
   * @param options see {@link HomingSocketOptions}.
   * @throws what the browser's constructor throws: a `SyntaxError` for an invalid URL or subprotocol. A `TypeError` for an option
   *   of the wrong type and a `RangeError` for a number out of range, both of which name the option. Nothing is connected then.
   */
  constructor(
    url: Provided<string | URL>,
    protocols: Provided<string | string[] | undefined> = undefined,
    options: HomingSocketOptions = {},
  ) {
    super()
    if (arguments.length === 0) throw tooFew('new WebSocket', 1, 0)
    this.#listeners = new Listeners(this)
    this.#driver = new Driver(normalizeOptions(url, protocols, options), this.#listeners)
    this.#driver.dial()
  }

  /** The state of the current attempt, as in the browser's class; `CONNECTING` also while the next attempt is awaited. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#driver.readyState as 0
  }

  /** The URL of the last attempt; `''` before a function has returned the first one. */
  get url(): string {
    return this.#driver.url
  }

  /** The subprotocol that the server chose, or `''`. */
  get protocol(): string {
    return this.#driver.handshake.protocol
  }

  /** The extensions in use, or `''`. */
  get extensions(): string {
    return this.#driver.handshake.extensions
  }

  /** Bytes that were sent and have not left: those in the queue and in the browser's buffer. */
  get bufferedAmount(): number {
    return this.#driver.bufferedAmount
  }

  /** How binary messages are delivered: `blob` by default, in React Native `arraybuffer`. Other values are ignored. */
  get binaryType(): BinaryType {
    return this.#driver.binaryType
  }

  set binaryType(type: BinaryType) {
    const driver = this.#driver
    const text = `${type}`
    if (text === 'blob' || text === 'arraybuffer') driver.binaryType = text
  }

  /** The handler for each connection that is opened; null for none. */
  get onopen(): ((this: WebSocket, event: Event) => any) | null {
    return this.#listeners.handler('open') as never
  }

  set onopen(handler) {
    this.#listeners.setHandler('open', handler)
  }

  /** The handler for each message; null for none. */
  get onmessage(): ((this: WebSocket, event: MessageEvent) => any) | null {
    return this.#listeners.handler('message') as never
  }

  set onmessage(handler) {
    this.#listeners.setHandler('message', handler)
  }

  /** The handler for each attempt that could not be opened or timed out; null for none. */
  get onerror(): ((this: WebSocket, event: Event) => any) | null {
    return this.#listeners.handler('error') as never
  }

  set onerror(handler) {
    this.#listeners.setHandler('error', handler)
  }

  /** The handler for the end of each attempt; null for none. */
  get onclose(): ((this: WebSocket, event: CloseEvent) => any) | null {
    return this.#listeners.handler('close') as never
  }

  set onclose(handler) {
    this.#listeners.setHandler('close', handler)
  }

  /**
   * Sends a message, or queues it until there is a connection. After `close()` and after the end the message is discarded, as in
   * the browser's class.
   *
   * @throws an `InvalidStateError` while connecting with `queue: false`. A `QuotaExceededError` without a connection if
   *   `maxSendBuffer` is reached: the message was not queued, and `drain` is dispatched once there is room.
   */
  send(data: Data): void {
    if (arguments.length === 0) throw tooFew('send', 1, 0)
    this.#driver.send(data)
  }

  /**
   * Closes the client: sends what is queued, then the Close frame, and does not reconnect.
   *
   * @param code the close code, 1000 or 3000 to 4999; by default the Close frame has none.
   * @param reason the reason, at most 123 bytes of UTF-8.
   * @throws an `InvalidAccessError` for another code; with a class given as `WebSocket`, such as that of `ws`, 1001 to 1003 and 1007
   *   to 1014 are allowed as well. A `SyntaxError` for a longer reason.
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    this.#driver.close(code, reason)
  }

  /** Adds a listener, as in the browser's class; see {@link HomingSocketEventMap} for the events. */
  override addEventListener<K extends keyof HomingSocketEventMap>(
    type: K,
    listener: Listener<K>,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    if (arguments.length < 2) throw tooFew('addEventListener', 2, arguments.length)
    this.#listeners.add(`${type}`, listener, options)
  }

  /** Removes a listener, as in the browser's class. */
  override removeEventListener<K extends keyof HomingSocketEventMap>(
    type: K,
    listener: Listener<K>,
    options?: boolean | EventListenerOptions,
  ): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    if (arguments.length < 2) throw tooFew('removeEventListener', 2, arguments.length)
    this.#listeners.remove(`${type}`, listener, options)
  }

  // Not in the standard's interface

  /** What the client is doing; `waiting` means that the next attempt is scheduled. */
  get state(): ClientState {
    return this.#driver.state
  }

  /** A snapshot of the counters, over all attempts. */
  get stats(): Stats {
    return this.#driver.stats()
  }

  /**
   * Resolves when the client is open, immediately if it is. Rejects if the client ends first.
   *
   * The promise is created when the property is read: a client whose `opened` is not read causes no `unhandledrejection`. A promise
   * that was read must be handled, as any other.
   */
  get opened(): Promise<OpenedInfo> {
    const { state, ended, promises } = this.#driver
    if (state === 'open') return Promise.resolve(this.#driver.handshake)
    // Not by the state, which is `closed` before the end in the last `close` event.
    return ended ? Promise.reject(closedError(ended)) : (promises.opened ??= deferred()).promise
  }

  /** Resolves when the client has ended, with the reason; immediately if it has. Never rejects. */
  get closed(): Promise<ClosedInfo> {
    const { ended } = this.#driver
    return ended ? Promise.resolve(ended) : (this.#driver.promises.closed ??= deferred()).promise
  }

  /**
   * Sends a heartbeat now, and resolves with its round trip in milliseconds: for programs that learn that something may have happened
   * to the connection, such as a change of the network. If the connection is dead, it fails after `heartbeat.timeout`, as after any
   * heartbeat without an answer.
   *
   * The answer is the next message that `heartbeat.isReply` accepts or, without that function, the next message, which is delivered as
   * well. The events and counters are those of any heartbeat. Ping frames are not used, not even with a class that could send them.
   *
   * Rejects with a `NotSupportedError` if there is no `heartbeat`, with an `InvalidStateError` if the client is not open, and with a
   * `NetworkError` if the connection ends or begins to close before the answer arrives.
   *
   * ```ts
   * addEventListener('online', () => socket.ping().catch(() => {}))
   * ```
   */
  ping(): Promise<number> {
    return this.#driver.ping()
  }

  /**
   * Starts a new attempt in every state: an open connection is closed first, a waiting client stops waiting, and a client that has
   * ended starts again. Messages that were left at the end and not taken by `takeUnsent()` are sent.
   *
   * If the attempt before has just failed, the new one starts no sooner than `reconnect.min` after it, but at most a second after
   * it: so a listener cannot connect in a loop. A `setup` function that wants another attempt throws instead.
   *
   * @param delay milliseconds until the attempt starts, at most 2147483647 (24.8 days).
   * @throws a `RangeError` for a delay out of that range, a `TypeError` for one that is no number.
   */
  reconnect(delay = 0): void {
    this.#driver.reconnect(number('delay', delay, 0, LONGEST))
  }

  /**
   * Removes and returns the messages that were still queued when the client ended; none before that. Messages passed to a socket are
   * not among them.
   */
  takeUnsent(): Payload[] {
    return this.#driver.takeUnsent()
  }

  /**
   * Iterates over the data of all messages from now on, across reconnects, until the client ends. Messages are kept in memory
   * until they are read.
   *
   * ```ts
   * for await (const data of socket) console.log(data)
   * ```
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<any> {
    return messages(this)
  }
}

// The platform's `when` would add its listener to `EventTarget` directly, where events of the sockets are not dispatched.
if ('when' in EventTarget.prototype) {
  const value = function when(this: HomingSocket, type: string, options?: AddEventListenerOptions): unknown {
    return new Observable((subscriber) => {
      const given = { ...options, signal: subscriber.signal }
      this.addEventListener(type, (event) => subscriber.next(event), given)
    })
  }
  Object.defineProperty(HomingSocket.prototype, 'when', { value, configurable: true, writable: true })
}

const CONSTANTS = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
// Consoles and error reports show these names, which minification shortens.
for (const [value, Class] of Object.entries({ HomingSocket, EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent })) {
  Object.defineProperty(Class, 'name', { value, configurable: true })
}
for (const [name, value] of Object.entries(CONSTANTS)) {
  const constant = { value, enumerable: true }
  Object.defineProperty(HomingSocket, name, constant)
  Object.defineProperty(HomingSocket.prototype, name, constant)
}
// The standard's members are enumerable, as in every interface of a platform; the others are not.
for (const name of STANDARD) Object.defineProperty(HomingSocket.prototype, name, { enumerable: true })
Object.defineProperty(HomingSocket.prototype, Symbol.toStringTag, { value: 'WebSocket', configurable: true })

function tooFew(what: string, wanted: number, got: number): TypeError {
  return new TypeError(`${what}: ${wanted} argument${wanted > 1 ? 's' : ''} required, but only ${got} present`)
}
