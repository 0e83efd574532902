// One attempt: a socket of the platform, from dialling to its end.

import { now, Timer } from './clock.js'
import { FailureEvent } from './events.js'
import { guarded } from './listeners.js'
import type { Settings } from './options.js'
import { atMost, lengthOf, type Data, type Queue } from './queue.js'
import type { Tally } from './tally.js'

/** How long to wait for the close event that should follow an error event. In Chromium it is missing where the page's
 * policy forbids the connection, and in Node 20 where there is no such class. */
const CLOSE_AFTER_ERROR = 250

/** Who is told. */
export interface LinkOwner {
  opened(event: Event): void
  arrived(event: MessageEvent): void
  /** More follows. */
  errored(): void
  /** The attempt is over. */
  gone(): void
}

export class Link {
  readonly #settings: Settings
  readonly #tally: Tally
  readonly #missing: Timer
  readonly #owner: LinkOwner
  #parted = false

  /** Undefined until URL and subprotocols are known. */
  socket: WebSocket | undefined
  openedAt: number | undefined
  /** What was told of its end. */
  errorEvent: Event | undefined
  closeEvent: CloseEvent | undefined
  isGone = false
  /** The close event is the platform's. */
  isTold = false
  /** At most so many bytes, in so many messages, are in the platform's buffer. */
  #bytes = 0
  #messages = 0

  constructor(settings: Settings, tally: Tally, owner: LinkOwner) {
    this.#settings = settings
    this.#tally = tally
    this.#owner = owner
    this.#missing = new Timer(() => this.#end())
  }

  /** Throws what the platform's constructor throws, unless URL or subprotocols have to be waited for. */
  dial(binaryType: () => BinaryType): void {
    const { url, protocols } = this.#settings
    if (typeof url !== 'function' && typeof protocols !== 'function') return this.#open(url, protocols, binaryType())
    const provide = async (): Promise<void> => {
      const [to, offer] = await Promise.all([
        typeof url === 'function' ? url() : url,
        typeof protocols === 'function' ? protocols() : protocols,
      ])
      if (!this.#parted) this.#open(to, offer, binaryType())
    }
    provide().catch((error) => this.fail(error))
  }

  #open(url: string, protocols: string | string[] | undefined, binaryType: BinaryType): void {
    const Socket = (this.#settings.WebSocket ?? globalThis.WebSocket) as typeof WebSocket | undefined
    if (!Socket) throw new TypeError('homing: there is no WebSocket here; give one by the option of that name')
    const socket = protocols === undefined ? new Socket(url) : new Socket(url, protocols)
    if (socket.binaryType !== binaryType) socket.binaryType = binaryType
    const owner = this.#owner
    socket.onopen = (event) => {
      this.openedAt = now()
      owner.opened(event)
    }
    socket.onmessage = (event) => owner.arrived(event)
    socket.onerror = (event) => {
      this.errorEvent = event
      this.#missing.arm(now() + CLOSE_AFTER_ERROR)
      owner.errored()
    }
    socket.onclose = (event) => {
      this.closeEvent = event
      this.isTold = true
      this.#end()
    }
    this.socket = socket
  }

  /** Could not be dialled. */
  fail(error: unknown): void {
    if (this.#parted) return
    const said = error instanceof Error ? error.message : `${error as string}`
    this.errorEvent = new FailureEvent(new Error(`homing: not dialled: ${said}`, { cause: error }))
    this.abandon()
  }

  /** Ends by itself, without an end that the platform could tell of. */
  abandon(): void {
    this.#parted = true
    queueMicrotask(() => this.#end())
  }

  #end(): void {
    this.#missing.clear()
    this.isGone = true
    this.#owner.gone()
  }

  /** Nothing more is heard of it. */
  part(): void {
    this.#parted = true
    this.isGone = true
    this.#missing.clear()
    const socket = this.socket
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    // Not null: the package `ws` throws an error that nobody listens to.
    socket.onerror = () => {}
    if (this.buffered() > 0) this.#tally.messagesLost += this.#messages
    this.#messages = 0
    if (socket.readyState < 2) socket.close()
  }

  get isOpen(): boolean {
    return this.socket?.readyState === 1
  }

  /** Bytes in the platform's buffer. */
  buffered(): number {
    this.#bytes = this.socket?.bufferedAmount ?? 0
    if (this.#bytes === 0) this.#messages = 0
    return this.#bytes
  }

  /** Whether the platform's buffer stays below `limit` with this in it. Sure of a yes, but not of a no. */
  hasRoom(data: Data, limit: number): boolean {
    this.#bytes += atMost(data)
    return this.#bytes < limit
  }

  send(data: Data): void {
    this.socket!.send(data as string)
    this.#tally.messagesSent++
    this.#tally.unitsSent += lengthOf(data)
    this.#messages++
  }

  /** Sends everything that waits. How many messages that takes no more. */
  flush(queue: Queue): number {
    if (!this.isOpen) return queue.length
    for (const payload of queue.take()) guarded(() => this.send(payload), undefined)
    return 0
  }
}
