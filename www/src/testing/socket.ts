// The class that connects to a `FakeServer`, with the interface, states, events and errors of the browser's `WebSocket`.

import { checkCloseArguments } from '../close-arguments.js'
import { convert, type Data, type Payload, sizeOf, snapshot } from '../driver/queue.js'
import { closeEvent } from '../events/events.js'

/** The browser's class, or one with the same interface. */
export type FakeWebSocketClass = typeof globalThis.WebSocket

/** The server's side of a socket. */
export interface Remote {
  sent(data: Payload, bytes: number): void
  /** `close` was called on an open socket. */
  closing(code: number | undefined, reason: string | undefined): void
  /** `close` was called before the socket was open. */
  abandoned(): void
}

/** What a server does to a socket. The class itself has only the members of the browser's class. */
export interface Socket {
  opened(protocol: string, extensions: string): void
  message(data: string | Uint8Array): void
  /** The peer's Close frame arrived. */
  closing(): void
  closed(code: number, reason: string, wasClean: boolean, hasFailed: boolean): void
  /** The server has read this number of bytes. */
  left(bytes: number): void
}

/** The arguments of the constructor. */
export interface Dialled {
  readonly url: string
  readonly protocols: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

type Type = 'open' | 'message' | 'error' | 'close'

const CONSTANTS = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 }
/** A token (RFC 9110, section 5.6.2), as a subprotocol must be. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const ENUMERABLE = [
  ...['url', 'readyState', 'bufferedAmount', 'onopen', 'onerror', 'onclose', 'extensions', 'protocol'],
  ...['close', 'onmessage', 'binaryType', 'send'],
]

/** Makes the class of a server. `dial` is called for each socket that is constructed. */
export function webSocketClass(dial: (dialled: Dialled, socket: Socket) => Remote): FakeWebSocketClass {
  const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype

  class FakeWebSocket extends EventTarget {
    readonly #url: string
    readonly #remote: Remote
    readonly #handlers: Partial<Record<Type, Handler>> = {}
    #readyState = 0
    #bufferedAmount = 0
    #binaryType: BinaryType = 'blob'
    #protocol = ''
    #extensions = ''

    constructor(url: string | URL, protocols: string | string[] | undefined = [], options?: unknown) {
      super()
      if (arguments.length === 0) throw tooFew("constructor of 'WebSocket'")
      const [text, offered] = [`${url as string}`, listOf(protocols)]
      this.#url = checkUrl(text)
      checkProtocols(offered)
      this.#remote = dial(
        { url: this.#url, protocols: offered, headers: headersOf(options) },
        {
          opened: (protocol, extensions) => {
            if (this.#readyState !== 0) return
            this.#readyState = 1
            this.#protocol = protocol
            this.#extensions = extensions
            dispatchEvent.call(this, new Event('open'))
          },
          message: (data) => {
            if (this.#readyState === 1) dispatchEvent.call(this, this.#messageEvent(data))
          },
          closing: () => void (this.#readyState = Math.max(this.#readyState, 2)),
          closed: (code, reason, wasClean, hasFailed) => {
            if (this.#readyState === 3) return
            this.#readyState = 3
            if (hasFailed) dispatchEvent.call(this, new Event('error'))
            dispatchEvent.call(this, closeEvent(code, wasClean, reason))
          },
          left: (bytes) => void (this.#bufferedAmount -= bytes),
        },
      )
    }

    #messageEvent(data: string | Uint8Array): MessageEvent {
      const isBlob = this.#binaryType === 'blob'
      const shown = typeof data === 'string' ? data : isBlob ? new Blob([data as BlobPart]) : data.buffer
      return new MessageEvent('message', { data: shown, origin: new URL(this.#url).origin })
    }

    get url(): string {
      return this.#url
    }

    get readyState(): number {
      return this.#readyState
    }

    get bufferedAmount(): number {
      return this.#bufferedAmount
    }

    get protocol(): string {
      return this.#protocol
    }

    get extensions(): string {
      return this.#extensions
    }

    get binaryType(): BinaryType {
      return this.#binaryType
    }

    set binaryType(type: BinaryType) {
      const text = `${type}`
      this.#binaryType = text === 'blob' || text === 'arraybuffer' ? text : this.#binaryType
    }

    get onopen(): unknown {
      return this.#handlers.open?.value ?? null
    }

    set onopen(value: unknown) {
      this.#setHandler('open', value)
    }

    get onmessage(): unknown {
      return this.#handlers.message?.value ?? null
    }

    set onmessage(value: unknown) {
      this.#setHandler('message', value)
    }

    get onerror(): unknown {
      return this.#handlers.error?.value ?? null
    }

    set onerror(value: unknown) {
      this.#setHandler('error', value)
    }

    get onclose(): unknown {
      return this.#handlers.close?.value ?? null
    }

    set onclose(value: unknown) {
      this.#setHandler('close', value)
    }

    send(data: Data): void {
      // First, since it throws if `this` is no such socket.
      const remote = this.#remote
      if (arguments.length === 0) throw tooFew("'send'")
      // An object that cannot be converted throws in every state.
      const payload = snapshot(convert(data))
      if (this.#readyState === 0) throw new DOMException('Still in CONNECTING state.', 'InvalidStateError')
      const bytes = sizeOf(payload)
      this.#bufferedAmount += bytes
      if (this.#readyState === 1) remote.sent(payload, bytes)
    }

    close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
      const remote = this.#remote
      const [checked, text] = checkCloseArguments(code, reason, false)
      if (this.#readyState > 1) return
      const isOpen = this.#readyState === 1
      this.#readyState = 2
      if (isOpen) remote.closing(checked, text)
      else remote.abandoned()
    }

    #setHandler(type: Type, given: unknown): void {
      const handler = (this.#handlers[type] ??= new Handler(this))
      const value = (typeof given === 'object' || typeof given === 'function') && given ? given : null
      // It keeps its place among the listeners until it is null.
      if (!handler.value && value) addEventListener.call(this, type, handler.call)
      else if (handler.value && !value) removeEventListener.call(this, type, handler.call)
      handler.value = value
    }
  }

  const { prototype } = FakeWebSocket
  for (const [name, value] of Object.entries(CONSTANTS)) {
    Object.defineProperty(FakeWebSocket, name, { value, enumerable: true })
    Object.defineProperty(prototype, name, { value, enumerable: true })
  }
  for (const name of ENUMERABLE) Object.defineProperty(prototype, name, { enumerable: true })
  Object.defineProperty(prototype, Symbol.toStringTag, { value: 'WebSocket', configurable: true })
  Object.defineProperty(FakeWebSocket, 'name', { value: 'WebSocket', configurable: true })
  return FakeWebSocket as never
}

/** The value of an `on...` attribute, and the listener that calls it. */
class Handler {
  value: object | null = null
  readonly call: (event: Event) => void

  constructor(target: EventTarget) {
    this.call = (event) => {
      if (typeof this.value === 'function' && this.value.call(target, event) === false) event.preventDefault()
    }
  }
}

function tooFew(what: string): TypeError {
  return new TypeError(`Failed to execute ${what}: 1 argument required, but only 0 present.`)
}

function syntaxError(text: string): DOMException {
  return new DOMException(text, 'SyntaxError')
}

/** Resolves a URL as the browser's constructor does, relative to the page if there is one. */
function checkUrl(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href)
  } catch {
    throw syntaxError(`The URL '${url}' is invalid.`)
  }
  if (parsed.protocol === 'http:') parsed.protocol = 'ws:'
  else if (parsed.protocol === 'https:') parsed.protocol = 'wss:'
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw syntaxError(
      `The URL's scheme must be either 'http', 'https', 'ws', or 'wss'. '${parsed.protocol.slice(0, -1)}' is not allowed.`,
    )
  }
  if (parsed.href.includes('#')) throw syntaxError(`The URL contains a fragment identifier ('${parsed.hash || '#'}').`)
  return parsed.href
}

function listOf(protocols: unknown): string[] {
  const isList = typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols
  return Array.from(isList ? (protocols as Iterable<unknown>) : [protocols], (protocol) => `${protocol as string}`)
}

function checkProtocols(offered: readonly string[]): void {
  for (const [index, protocol] of offered.entries()) {
    if (!TOKEN.test(protocol)) throw syntaxError(`The subprotocol '${protocol}' is invalid.`)
    if (offered.indexOf(protocol) < index) throw syntaxError(`The subprotocol '${protocol}' is duplicated.`)
  }
}

/** Returns the option `headers` of the third argument, as that of classes for Node, with names in lower case. */
function headersOf(options: unknown): Record<string, string> {
  const { headers } = Object(options) as { headers?: Record<string, unknown> }
  const entries = Object.entries(headers ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : `${value as string}`]),
  )
}
