// One attempt: a socket of the platform, from its URL to its close event.

import { protocolsOf, provided, type Settings } from '../options.js'
import { now, soon, Timer } from '../platform/clock.js'
import { guarded } from '../platform/report.js'
import type { Provided } from '../types.js'
import type { Counters } from './counters.js'
import { type Data, lengthOf, type Queue } from './queue.js'
import type { Setup } from './setup.js'

/**
 * Milliseconds to wait for the close event after an error event. Chromium dispatches none if the page's policy forbids the
 * connection, and Node 20 none for lack of a `CloseEvent` class.
 */
const CLOSE_AFTER_ERROR = 250

/** The program's listeners, as an attempt uses them. */
export interface Attachable {
  /** Adds them to the platform's socket. */
  attach(socket: WebSocket): void
  detach(socket: WebSocket): void
}

/** The owner of an attempt. */
export interface AttemptOwner {
  /** Called when the attempt has ended without a close event. */
  gone(): void
}

export class Attempt {
  readonly #settings: Settings
  readonly #counters: Counters
  readonly #listeners: Attachable
  readonly #owner: AttemptOwner
  #isDetached = false
  #hasClosed = false

  /** Undefined until the URL and the subprotocols are known. */
  socket: WebSocket | undefined
  openedAt: number | undefined
  setup: Setup | undefined
  /** For the `close` of its socket when it is abandoned. */
  closeArguments: [code?: number, reason?: string] = []
  /** The listeners of the open event are being called. */
  isOpening = false
  /** An error event was dispatched; the close event should follow. */
  hasFailed = false
  /** Why no socket could be created, or the set-up failed. */
  failure: Error | undefined
  /** The platform's close event, or the one made in its place. */
  closeEvent: CloseEvent | undefined
  isGone = false
  /** `reconnect()` closes this attempt to start the next one. */
  isLeaving = false
  /** Upper bound of the messages in the platform's buffer. */
  #messages = 0
  /** Bytes that the platform's buffer held at the last heartbeat, and those that messages added since; 0 if it held none (S17). */
  given = 0
  /** Bytes of messages that the platform has discarded. Its `bufferedAmount` contains them for ever. */
  #discarded = 0
  /** The constructor of the socket has thrown an exception. */
  #hasThrown = false
  /** Waits for the close event after an error event. */
  #missing: Timer | undefined

  constructor(settings: Settings, counters: Counters, listeners: Attachable, owner: AttemptOwner) {
    this.#settings = settings
    this.#counters = counters
    this.#listeners = listeners
    this.#owner = owner
  }

  /** Creates the socket. Throws what its constructor throws, unless a function returns the URL or the subprotocols. */
  dial(binaryType: () => BinaryType): void {
    const { url, protocols } = this.#settings
    this.#counters.attempts++
    if (typeof url !== 'function' && typeof protocols !== 'function') return this.#open(url, protocols, binaryType())
    // If both functions fail, the second error is no unhandled rejection.
    const call = async <T>(given: Provided<T>): Promise<T> => (typeof given === 'function' ? (given as () => T)() : given)
    Promise.all([call(url), call(protocols)])
      .then(([to, offer]) => this.#isDetached || this.#open(provided(to), protocolsOf(offer), binaryType()))
      .catch((error) => this.fail(error))
  }

  #open(url: string, protocols: string | string[] | undefined, binaryType: BinaryType): void {
    const { WebSocket: own, classOptions } = this.#settings
    const Socket = (own ?? globalThis.WebSocket) as (new (...given: unknown[]) => WebSocket) | undefined
    if (!Socket) throw new TypeError('homing: no global WebSocket class; pass one as the option WebSocket')
    // Without unused arguments, since some classes check their number.
    const given = classOptions ? [protocols, classOptions] : protocols === undefined ? [] : [protocols]
    let socket: WebSocket
    try {
      socket = new Socket(url, ...given)
    } catch (error) {
      this.#hasThrown = true
      throw error
    }
    try {
      if (socket.binaryType !== binaryType) socket.binaryType = binaryType
      this.#listeners.attach(socket)
    } catch (error) {
      // Only a class given by the program throws here. Nothing else would close its socket.
      this.#close(socket)
      throw error
    }
    this.socket = socket
  }

  /** The open event is dispatched now. What its listeners send leaves before the queue (S13). */
  opening(): void {
    this.openedAt = now()
    this.isOpening = true
    this.#counters.opened++
  }

  /** Handles the error event. */
  errored(): void {
    this.hasFailed = true
    this.setup?.end()
    this.#missing ??= new Timer(() => this.#lost())
    this.#missing.arm(now() + CLOSE_AFTER_ERROR)
  }

  /** Handles the close event. */
  closed(event: CloseEvent): void {
    this.#missing?.clear()
    this.setup?.end()
    // Deno uses 0 for a connection that ended without a Close frame.
    if (event.code === 0) Object.defineProperty(event, 'code', { value: 1006 })
    this.closeEvent = event
    // For workerd, where the program must answer a Close frame.
    this.closeArguments = event.wasClean && event.code !== 1005 ? [event.code] : []
    this.isGone = this.#hasClosed = true
  }

  /** Ends the attempt because no socket could be created. */
  fail(error: unknown): void {
    if (this.#isDetached) return
    this.explain('failed to connect', error)
    this.abandon()
  }

  /** Sets the error of the attempt. */
  explain(what: string, error: unknown): void {
    let said = ''
    try {
      // Messages of the constructor contain the URL and the subprotocols (S26).
      const { name, message = error } = Object(error) as Error
      said = this.#hasThrown ? `${name ?? 'an exception'} thrown by the constructor` : String(message)
    } catch {
      // A value without a text, such as an object without a prototype.
    }
    this.failure = new Error(`homing: ${what}: ${redacted(said.replace('homing: ', ''))}`, { cause: error })
  }

  /** Ends the attempt without a close event. */
  abandon(): void {
    this.#isDetached = true
    soon(() => this.#lost())
  }

  #lost(): void {
    if (this.isGone) return
    this.isGone = true
    this.#owner.gone()
  }

  /** Removes the listeners and closes the socket. */
  detach(): void {
    this.#isDetached = true
    this.isGone = true
    this.#missing?.clear()
    this.setup?.end()
    const socket = this.socket
    if (!socket) return
    if (this.buffered() > 0) this.#counters.messagesLost += this.#messages
    this.#messages = 0
    this.#close(socket)
  }

  #close(socket: WebSocket): void {
    // The platform's sockets dispatch nothing after their close event, so that their listeners can stay.
    if (!this.#hasClosed || this.#settings.WebSocket) guarded(() => this.#listeners.detach(socket))
    guarded(() => socket.readyState < 3 && socket.close(...this.closeArguments))
  }

  /** The state of the socket, which is still connecting for the program until the set-up is done. */
  get readyState(): number {
    const state = this.socket?.readyState ?? 0
    return state === 1 && this.setup?.isDone === false ? 0 : state
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.readyState === 1 && !this.isLeaving
  }

  /** Bytes in the platform's buffer. */
  buffered(): number {
    let bytes = 0
    guarded(() => (bytes = (this.socket?.bufferedAmount ?? 0) - this.#discarded))
    if (!bytes) this.#messages = 0
    return bytes
  }

  send(data: Data): void {
    // The buffer is checked now and then, so that `#messages` stays close to what it contains.
    if (this.#messages % 64 === 0) this.buffered()
    if (this.given) this.given += this.#rise(data)
    else this.socket!.send(data as string)
    this.#counters.messagesSent++
    this.#counters.unitsSent += lengthOf(data)
    this.#messages++
  }

  /** Sends a message. Returns what it adds to the platform's buffer: some classes count frames, browsers bytes of UTF-8. */
  #rise(data: Data): number {
    const before = this.buffered()
    this.socket!.send(data as string)
    return this.buffered() - before
  }

  /** Passes a message to a socket that closes, which counts and discards it. Returns false if the class throws, as that of workerd. */
  discard(data: Data): boolean {
    try {
      this.#discarded += this.#rise(data)
      return true
    } catch {
      return false
    }
  }

  /** A heartbeat follows. Returns the bytes in the platform's buffer. */
  mark(): number {
    const bytes = this.buffered()
    this.given = bytes && (this.given || bytes)
    return bytes
  }

  /** Sends a heartbeat if the attempt is open. It overtakes the queue, which may be long. */
  sendHeartbeat(): void {
    guarded(() => {
      const data = this.isOpen ? this.#settings.heartbeat!.message() : undefined
      if (data !== undefined) this.send(data)
    })
  }

  /** Sends all queued messages. Returns the number of messages left in the queue. */
  flush(queue: Queue): number {
    if (!this.isOpen) return queue.length
    for (const payload of queue.take()) guarded(() => this.send(payload))
    return 0
  }
}

/**
 * Removes the parts of a URL that may be secret (S26): credentials, query and fragment. Any character may be in those of an invalid
 * one, so all that follows is removed as well.
 */
function redacted(text: string): string {
  return text.replace(/\/\/[^/?#]*@/g, '//').replace(/(\/\/[^?#]*)[?#].*/s, '$1')
}
