// One attempt: a socket of the platform, from dialling to its end.

import { protocolsOf, provided, type Settings } from '../options.js'
import { now, soon, Timer } from '../platform/clock.js'
import { guarded } from '../platform/report.js'
import type { Counters } from './counters.js'
import { type Data, lengthOf, type Queue } from './queue.js'

/** How long to wait for the close event that should follow an error event. In Chromium it is missing where the page's
 * policy forbids the connection, and in Node 20 where there is no such class. */
const CLOSE_AFTER_ERROR = 250

/** The owner of a attempt. */
export interface AttemptOwner {
  /** Listens to the platform's socket. */
  attach(socket: WebSocket): void
  detach(socket: WebSocket): void
  /** The attempt is over, without a close event. */
  gone(): void
}

export class Attempt {
  readonly #settings: Settings
  readonly #counters: Counters
  readonly #missing: Timer
  readonly #owner: AttemptOwner
  #isDetached = false
  #hasClosed = false

  /** Undefined until URL and subprotocols are known. */
  socket: WebSocket | undefined
  openedAt: number | undefined
  /** An error event came, and the close event should follow. */
  hasFailed = false
  /** Why it could not be dialled. */
  failure: Error | undefined
  /** The platform's close event, or the one made in its place. */
  closeEvent: CloseEvent | undefined
  isGone = false
  /** It is closed to make way for the next one. */
  isLeaving = false
  /** At most so many messages are in the platform's buffer. */
  #messages = 0

  constructor(settings: Settings, counters: Counters, owner: AttemptOwner) {
    this.#settings = settings
    this.#counters = counters
    this.#owner = owner
    this.#missing = new Timer(() => this.#lost())
  }

  /** Throws what the platform's constructor throws, unless URL or subprotocols have to be waited for. */
  dial(binaryType: () => BinaryType): void {
    const { url, protocols } = this.#settings
    this.#counters.attempts++
    if (typeof url !== 'function' && typeof protocols !== 'function') return this.#open(url, protocols, binaryType())
    const provide = async (): Promise<void> => {
      const [to, offer] = await Promise.all([
        typeof url === 'function' ? url() : url,
        typeof protocols === 'function' ? protocols() : protocols,
      ])
      if (!this.#isDetached) this.#open(provided(to), protocolsOf(offer), binaryType())
    }
    provide().catch((error) => this.fail(error))
  }

  #open(url: string, protocols: string | string[] | undefined, binaryType: BinaryType): void {
    const { WebSocket: given, classOptions } = this.#settings
    const Socket = (given ?? globalThis.WebSocket) as (new (...given: unknown[]) => WebSocket) | undefined
    if (!Socket) throw new TypeError('homing: there is no WebSocket here; give one by the option of that name')
    // As a program without options would call it: some look at how many arguments there are.
    const socket = new Socket(url, ...(classOptions ? [protocols, classOptions] : protocols === undefined ? [] : [protocols]))
    try {
      if (socket.binaryType !== binaryType) socket.binaryType = binaryType
      this.#owner.attach(socket)
    } catch (error) {
      // A class of the program. Nothing else would close the socket later.
      this.#close(socket)
      throw error
    }
    this.socket = socket
  }

  /** The error event came. */
  errored(): void {
    this.hasFailed = true
    this.#missing.arm(now() + CLOSE_AFTER_ERROR)
  }

  /** The close event came. */
  closed(event: CloseEvent): void {
    this.#missing.clear()
    // In Deno, which there says that no Close frame came.
    if (event.code === 0) Object.defineProperty(event, 'code', { value: 1006 })
    this.closeEvent = event
    this.isGone = this.#hasClosed = true
  }

  /** Could not be dialled. */
  fail(error: unknown): void {
    if (this.#isDetached) return
    const said = error instanceof Error ? error.message : `${error as string}`
    this.failure = new Error(`homing: not dialled: ${redacted(said.replace('homing: ', ''))}`, { cause: error })
    this.abandon()
  }

  /** Ends without a close event. */
  abandon(): void {
    this.#isDetached = true
    soon(() => this.#lost())
  }

  #lost(): void {
    if (this.isGone) return
    this.isGone = true
    this.#owner.gone()
  }

  /** Listens to it no more, and closes it. */
  detach(): void {
    this.#isDetached = true
    this.isGone = true
    this.#missing.clear()
    const socket = this.socket
    if (!socket) return
    if (this.buffered() > 0) this.#counters.messagesLost += this.#messages
    this.#messages = 0
    this.#close(socket)
  }

  #close(socket: WebSocket): void {
    // After its close event nothing comes of a socket of the platform.
    if (!this.#hasClosed || this.#settings.WebSocket) guarded(() => this.#owner.detach(socket))
    guarded(() => socket.readyState < 2 && socket.close())
  }

  /** Takes messages. */
  get isOpen(): boolean {
    return this.socket?.readyState === 1 && !this.isLeaving
  }

  /** Bytes in the platform's buffer. */
  buffered(): number {
    const bytes = this.socket?.bufferedAmount ?? 0
    if (bytes === 0) this.#messages = 0
    return bytes
  }

  send(data: Data): void {
    // A look now and then, so that few are counted that have left.
    if (this.#messages % 64 === 0) this.buffered()
    this.socket!.send(data as string)
    this.#counters.messagesSent++
    this.#counters.unitsSent += lengthOf(data)
    this.#messages++
  }

  /** Sends everything that waits. How many messages that takes no more. */
  flush(queue: Queue): number {
    if (!this.isOpen) return queue.length
    for (const payload of queue.take()) guarded(() => this.send(payload))
    return 0
  }
}

/** Without what URLs keep secret (S26): credentials, and what comes after the path. */
function redacted(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//').replace(/[?#][^\s'"”’]*/g, '')
}
