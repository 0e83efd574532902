// The server's end of a fake connection.

import { isBinary, snapshot } from '../driver/queue.js'
import { Pipe } from './pipe.js'
import type { Dialled, Remote, Socket } from './socket.js'
import type { AcceptOptions, Answer, CloseFrame, CloseInfo, ConnectionState, Message, Sendable } from './types.js'

interface Reader {
  resolve(message: Message): void
  reject(error: Error): void
}

/**
 * The server's end of one attempt to connect, including refused and stalled attempts.
 *
 * ```js
 * const connection = await server.connection()
 * assert.equal(await connection.message(), 'subscribe')
 * connection.send('hello')
 * connection.drop() // the client reconnects
 * ```
 */
export class FakeConnection {
  /** The number of the attempt at its server, counted from 1. */
  readonly number: number
  /** The URL that the client connected to. */
  readonly url: string
  /** The subprotocols that the client offered. */
  readonly protocols: readonly string[]
  /** The option `headers` of `HomingSocket`, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** All messages received so far, in order. */
  readonly messages: readonly Message[]
  /** Resolves when the client's `close` event has been dispatched. */
  readonly closed: Promise<CloseInfo>

  readonly #socket: Socket
  readonly #toClient = new Pipe()
  readonly #toServer = new Pipe((bytes) => this.#socket.left(bytes))
  readonly #received: Message[] = []
  readonly #readers: Reader[] = []
  readonly #onOpen: (connection: FakeConnection) => void
  #read = 0
  #state: ConnectionState = 'connecting'
  #isDecided = false
  #isStalled = false
  #protocol = ''
  #answer: Answer | undefined
  /** How it was ended from here. */
  #ending: string | undefined
  #closeReceived: CloseFrame | undefined
  #resolveClosed!: (info: CloseInfo) => void

  /** @internal Connections are made by their server. */
  constructor(number: number, dialled: Dialled, socket: Socket, onOpen: (connection: FakeConnection) => void) {
    this.number = number
    this.url = dialled.url
    this.protocols = dialled.protocols
    this.headers = dialled.headers
    this.messages = this.#received
    this.#socket = socket
    this.#onOpen = onOpen
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve))
  }

  /** The state of the connection. */
  get state(): ConnectionState {
    return this.#state
  }

  /** The subprotocol that was chosen, or `''`. */
  get protocol(): string {
    return this.#protocol
  }

  /** The client's Close frame, once it has arrived. */
  get closeReceived(): CloseFrame | undefined {
    return this.#closeReceived
  }

  /** @internal Whether the attempt was accepted, refused or stalled. */
  get isDecided(): boolean {
    return this.#isDecided
  }

  /**
   * Accepts the handshake; the client's `open` event follows. A stalled attempt can be accepted later.
   *
   * @throws an `Error` if the handshake was already answered or the client has closed.
   */
  accept({ protocol, extensions = '' }: AcceptOptions = {}): void {
    this.#mustBeConnecting('accept')
    const chosen = protocol ?? this.protocols[0] ?? ''
    if (chosen !== '' && !this.protocols.includes(chosen)) return this.#fail()
    this.#isDecided = true
    this.#isStalled = false
    this.#protocol = chosen
    this.#state = 'open'
    this.#toClient.push(() => {
      this.#socket.opened(chosen, extensions)
      this.#onOpen(this)
    })
  }

  /**
   * Refuses the handshake, like a closed port or a status such as 503: the client dispatches `error`, then `close` with the code
   * 1006.
   *
   * @throws an `Error` if the handshake was already answered or the client has closed.
   */
  refuse(): void {
    this.#mustBeConnecting('refuse')
    this.#fail()
  }

  /**
   * Answers nothing from now on: neither the handshake, if it is not accepted yet, nor the client's Close frame. Messages of the
   * client are still received.
   */
  stall(): void {
    this.#isDecided = true
    this.#isStalled = true
  }

  /**
   * Sends a message. Accepts the handshake first if it is not answered yet. Does nothing once the client has closed.
   *
   * @throws a `TypeError` if `data` is neither text nor binary, an `Error` if the attempt is stalled or was ended by the server.
   */
  send(data: Sendable): void {
    if (typeof data !== 'string' && !(isBinary(data) && 'byteLength' in data)) {
      throw new TypeError(`homing: send: expected a string, an ArrayBuffer or a view of one, got ${typeof data}`)
    }
    this.#mustBeUsable('send')
    // A copy, since the program may change the data before it arrives.
    const copy = typeof data === 'string' ? data : new Uint8Array(snapshot(data) as ArrayBuffer)
    this.#toClient.push(() => this.#socket.message(copy))
  }

  /**
   * Sends a Close frame, which the client answers; its `close` event has this code and reason. Accepts the handshake first if it is
   * not answered yet. Does nothing once the client has closed.
   *
   * @param code 1000 to 4999 without 1004, 1005, 1006 and 1015, which no Close frame may have (RFC 6455, section 7.4); none by
   *   default.
   * @param reason the reason; empty by default.
   * @throws a `RangeError` for another code, an `Error` if the attempt is stalled or was ended by the server.
   */
  close(code?: number, reason = ''): void {
    if (code !== undefined && !isCloseCode(code))
      throw new RangeError(`homing: close code: expected 1000 to 4999 without 1004, 1005, 1006 and 1015, got ${code}`)
    this.#mustBeUsable('close')
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#ending = 'closed'
    this.#toClient.push(() => this.#socket.closing())
    // The client's answer arrives after the messages that it has sent.
    this.#toClient.push(() => this.#toServer.push(() => this.#end(code ?? 1005, reason, true)))
  }

  /**
   * Ends the connection without a Close frame, like a lost network: the client dispatches `close` with the code 1006. Messages of
   * the client that were not received are lost; those that the server has sent still arrive.
   */
  drop(): void {
    if (this.#state === 'connecting') return this.#fail()
    if (this.#state === 'closed') return
    this.#ending = 'dropped'
    this.#toServer.clear()
    this.#end(1006, '', false)
  }

  /**
   * Answers each message from now on with what `answer` returns, unless that is undefined. `(message) => message` makes an echo.
   *
   * @throws a `TypeError` if `answer` is no function.
   */
  reply(answer: Answer): void {
    if (typeof answer !== 'function') throw new TypeError(`homing: reply: expected a function, got ${typeof answer}`)
    this.#answer = answer
  }

  /** Stops reading: messages of the client stay in its `bufferedAmount` until `release`. */
  hold(): void {
    this.#toServer.hold()
  }

  /**
   * Reads so many bytes of the messages held back. By default it reads all of them and those that follow.
   *
   * @throws a `RangeError` if `bytes` is no number of bytes.
   */
  release(bytes = Infinity): void {
    if (!(bytes >= 0)) throw new RangeError(`homing: release: expected a number of bytes, got ${bytes}`)
    this.#toServer.release(bytes)
  }

  /**
   * Resolves with the next message that this method has not returned yet. Rejects if the connection ends first.
   */
  message(): Promise<Message> {
    if (this.#read < this.#received.length) return Promise.resolve(this.#received[this.#read++]!)
    if (this.#state === 'closed') return Promise.reject(this.#noMessage())
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }))
  }

  /** @internal */
  remote(): Remote {
    return {
      sent: (data, bytes) => {
        // It was dropped, and the client's `close` event is still to come.
        if (this.#state === 'closed') return
        if (typeof data === 'string') return this.#toServer.push(() => this.#receive(wellFormed(data)), bytes)
        if ('byteLength' in data) return this.#toServer.push(() => this.#receive(new Uint8Array(data)), bytes)
        let read: Message
        const ready = bytesOf(data).then((buffer) => (read = new Uint8Array(buffer).slice()))
        this.#toServer.push(() => this.#receive(read), bytes, ready)
      },
      closing: (code, reason) => this.#toServer.push(() => this.#onClose(code ?? 1005, reason ?? '')),
      abandoned: () => this.#fail(),
    }
  }

  #receive(message: Message): void {
    this.#received.push(message)
    const reader = this.#readers.shift()
    if (reader) reader.resolve(this.#received[this.#read++]!)
    const answer = this.#ending ? undefined : this.#answer?.(message)
    if (answer !== undefined) this.send(answer)
  }

  #onClose(code: number, reason: string): void {
    const text = wellFormed(reason)
    this.#closeReceived = { code, reason: text }
    if (this.#state === 'open') this.#state = 'closing'
    if (!this.#isStalled) this.#end(code, text, true)
  }

  #fail(): void {
    this.#isDecided = true
    this.#toClient.clear()
    this.#end(1006, '', false, true)
  }

  /** Follows what was sent from here before. */
  #end(code: number, reason: string, wasClean: boolean, hasFailed = false): void {
    if (!wasClean) this.#state = 'closed'
    this.#toClient.push(() => {
      this.#state = 'closed'
      // What the client has sent and was not read is lost.
      this.#toServer.clear()
      this.#socket.closed(code, reason, wasClean, hasFailed)
      this.#resolveClosed({ code, reason, wasClean })
      this.#readers.splice(0).forEach(({ reject }) => reject(this.#noMessage()))
    })
  }

  #noMessage(): Error {
    return new Error(`homing: connection ${this.number} has ended, no message is to come`)
  }

  #mustBeConnecting(what: string): void {
    if (this.#state === 'connecting') return
    throw new Error(`homing: ${what}: expected connection ${this.number} to be connecting, but it is ${this.#state}`)
  }

  #mustBeUsable(what: string): void {
    if (this.#state === 'connecting' && !this.#isDecided) this.accept()
    const state = this.#state === 'connecting' ? 'stalled' : this.#ending
    if (state) throw new Error(`homing: ${what}: expected connection ${this.number} to be open, but it is ${state}`)
  }
}

/** Whether a Close frame may have it. */
function isCloseCode(code: number): boolean {
  return Number.isInteger(code) && code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code)
}

function bytesOf(blob: Blob): Promise<ArrayBuffer> {
  if (typeof blob.arrayBuffer === 'function') return blob.arrayBuffer()
  // That of jsdom has no such method before version 27.
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as ArrayBuffer)
    reader.onerror = () => reject(reader.error)
    reader.readAsArrayBuffer(blob)
  })
}

/** On the wire text is UTF-8, which has no unpaired surrogates. */
function wellFormed(text: string): string {
  return text.replace(/[\ud800-\udfff]/gu, '\ufffd')
}
