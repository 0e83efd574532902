// The class that pages know.

import { LONGEST, number } from './checks.js'
import { Driver } from './driver/driver.js'
import type { Target } from './driver/outcome.js'
import type { Data, Payload } from './driver/queue.js'
import { type Deferred, deferred } from './events/deferred.js'
import { EndEvent, FailureEvent, type HomingSocketEventMap, LatencyEvent, ReconnectingEvent } from './events/events.js'
import { messages } from './events/iterate.js'
import { Listeners } from './events/listeners.js'
import { normalizeOptions } from './options.js'
import type { ClientState, ClosedInfo, HomingSocketOptions, OpenedInfo, Provided, Stats } from './types.js'

/** Of platforms that have `EventTarget.prototype.when`; TypeScript does not know it yet. */
declare class Observable {
  constructor(subscribe: (subscriber: { next(value: unknown): void; readonly signal: AbortSignal }) => void)
}

type Listener<K extends keyof HomingSocketEventMap> = (this: HomingSocket, event: HomingSocketEventMap[K]) => unknown

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
 * A `WebSocket` that finds its way back: the interface, events and codes of the browser's own class, and behind it one
 * socket after another.
 *
 * Each attempt ends with one `close` event, and an `error` event before it if it failed; while the next one is awaited
 * `readyState` is `CONNECTING`. With `{ reconnect: false, queue: false }` it behaves as the browser's class does.
 *
 * Listeners are added by its own methods and attributes, or by `when()`. Those that are added past them, by
 * `EventTarget.prototype.addEventListener.call(socket, ...)`, do not get what the platform's sockets dispatch: to dispatch a
 * second event for each message would cost a third of the page's time for messages. They are called in the zone of zone.js in
 * which they were added; what the client does by itself belongs to the zone, or `AsyncLocalStorage` context, in which it was
 * made.
 *
 * `instanceof WebSocket` is not true: objects that inherit from the browser's `WebSocket.prototype` without being made by
 * its constructor throw in whatever of it is not overridden, now or in versions to come, and Node 20 has no such class.
 * `Object.prototype.toString` says `[object WebSocket]`.
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
  #opened: Deferred<OpenedInfo> | undefined
  #closed: Deferred<ClosedInfo> | undefined

  /**
   * Dials at once.
   *
   * @param url where to, or a function that says so for each attempt; its failure is a failed attempt.
   * @param protocols the subprotocols to offer, likewise.
   * @param options see {@link HomingSocketOptions}.
   * @throws what the browser's constructor throws: a `SyntaxError` for a bad URL or subprotocol; a `TypeError` for an option
   *   of the wrong type, which names it, and a `RangeError` for a number out of range. Options are checked before it dials.
   */
  constructor(
    url: Provided<string | URL>,
    protocols: Provided<string | string[] | undefined> = undefined,
    options: HomingSocketOptions = {},
  ) {
    super()
    if (arguments.length === 0) throw tooFew('new WebSocket', 1, 0)
    const target: Target = {
      attach: (socket) => this.#listeners.attach(socket),
      detach: (socket) => this.#listeners.detach(socket),
      gone: () => this.#driver.gone(),
      dispatch: (event) => void super.dispatchEvent(event),
      opened: () => this.#onOpened(),
      ended: (info) => this.#onEnded(info),
    }
    this.#driver = new Driver(normalizeOptions(url, protocols, options), target)
    this.#listeners = new Listeners(this, this.#driver)
    this.#driver.dial()
  }

  /** What the page sees of the present attempt; `CONNECTING` also while the next one is awaited. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#driver.readyState as 0
  }

  /** The URL last dialled. */
  get url(): string {
    return this.#driver.url
  }

  /** The subprotocol that the server chose. */
  get protocol(): string {
    return this.#driver.protocol
  }

  get extensions(): string {
    return this.#driver.extensions
  }

  /** Bytes that wait, here and in the browser. */
  get bufferedAmount(): number {
    return this.#driver.bufferedAmount
  }

  /** How binary messages arrive. */
  get binaryType(): BinaryType {
    return this.#driver.binaryType
  }

  set binaryType(type: BinaryType) {
    const driver = this.#driver
    const text = `${type}`
    if (text === 'blob' || text === 'arraybuffer') driver.binaryType = text
  }

  get onopen(): ((this: WebSocket, event: Event) => any) | null {
    return this.#listeners.handler('open') as never
  }

  set onopen(handler) {
    this.#listeners.setHandler('open', handler)
  }

  get onmessage(): ((this: WebSocket, event: MessageEvent) => any) | null {
    return this.#listeners.handler('message') as never
  }

  set onmessage(handler) {
    this.#listeners.setHandler('message', handler)
  }

  get onerror(): ((this: WebSocket, event: Event) => any) | null {
    return this.#listeners.handler('error') as never
  }

  set onerror(handler) {
    this.#listeners.setHandler('error', handler)
  }

  get onclose(): ((this: WebSocket, event: CloseEvent) => any) | null {
    return this.#listeners.handler('close') as never
  }

  set onclose(handler) {
    this.#listeners.setHandler('close', handler)
  }

  /**
   * Sends a message, or queues it until there is a connection.
   *
   * @throws an `InvalidStateError` while connecting with `queue: false`; without a connection a `QuotaExceededError`
   *   when `maxSendBuffer` is reached: then the message was not taken, and `drain` is dispatched when there is room.
   */
  send(data: Data): void {
    if (arguments.length === 0) throw tooFew('send', 1, 0)
    this.#driver.send(data)
  }

  /**
   * Closes the client for good: what is queued leaves first, then the Close frame.
   *
   * @throws an `InvalidAccessError` for a code other than 1000 and 3000 to 4999 (a class that was given as `WebSocket` may
   *   take 1001 to 1003 and 1007 to 1014 as well); a `SyntaxError` for a reason longer than
   *   123 bytes of UTF-8.
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    this.#driver.close(code, reason)
  }

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

  // Beyond the standard

  /** What the client is doing; `waiting` means that a reconnect is scheduled. */
  get state(): ClientState {
    return this.#driver.state
  }

  /** A snapshot of the counters. */
  get stats(): Stats {
    return this.#driver.stats()
  }

  /**
   * Resolves when there is a connection, at once if there is one. Rejects if the client comes to its end first.
   */
  get opened(): Promise<OpenedInfo> {
    const { state } = this
    if (state === 'open') return Promise.resolve(this.#handshake())
    if (state === 'closed') return Promise.reject(closedError())
    return (this.#opened ??= deferred()).promise
  }

  /** Resolves when the client has come to its end, with how; at once if it has. */
  get closed(): Promise<ClosedInfo> {
    const { ended } = this.#driver
    return ended ? Promise.resolve(ended) : (this.#closed ??= deferred()).promise
  }

  /**
   * Dials anew, whatever the client is doing: an open connection is closed first, a waiting client waits no longer, and
   * one that has come to its end begins anew. Where the attempt that it dialled before has just failed, it waits until
   * `reconnect.min` has passed since then, but no longer than a second: no listener can dial in a loop.
   *
   * @param delay milliseconds until then, at most 2147483647 (24.8 days).
   * @throws a `RangeError` for a delay out of that range, a `TypeError` for one that is no number.
   */
  reconnect(delay = 0): void {
    this.#driver.reconnect(number('delay', delay, 0, LONGEST))
  }

  /** After the end: what was still queued, which is then queued no more. */
  takeUnsent(): Payload[] {
    return this.#driver.takeUnsent()
  }

  /** The data of each message from now on, until the end. Messages wait in memory until they are taken. */
  [Symbol.asyncIterator](): AsyncIterableIterator<any> {
    return messages(this)
  }

  #handshake(): OpenedInfo {
    const { protocol, extensions } = this.#driver
    return { protocol, extensions }
  }

  #onOpened(): void {
    this.#opened?.resolve(this.#handshake())
    this.#opened = undefined
  }

  #onEnded(info: ClosedInfo): void {
    this.#opened?.reject(closedError(info))
    this.#closed?.resolve(info)
    this.#opened = this.#closed = undefined
  }
}

// `when` of the platform would reach `EventTarget` directly, past the listeners of sockets.
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
// The build shortens names, which consoles and error reports show.
for (const [value, Class] of Object.entries({ HomingSocket, EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent })) {
  Object.defineProperty(Class, 'name', { value, configurable: true })
}
for (const [name, value] of Object.entries(CONSTANTS)) {
  const constant = { value, enumerable: true }
  Object.defineProperty(HomingSocket, name, constant)
  Object.defineProperty(HomingSocket.prototype, name, constant)
}
// What the standard has is enumerable, as in every interface of a platform; what is ours is not.
for (const name of STANDARD) Object.defineProperty(HomingSocket.prototype, name, { enumerable: true })
Object.defineProperty(HomingSocket.prototype, Symbol.toStringTag, { value: 'WebSocket', configurable: true })

function closedError(info?: ClosedInfo): Error {
  return new Error('homing: the client has come to its end', { cause: info?.error ?? info?.cause })
}

function tooFew(what: string, wanted: number, got: number): TypeError {
  return new TypeError(`${what}: ${wanted} argument${wanted > 1 ? 's' : ''} required, but only ${got} present`)
}
