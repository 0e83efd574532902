// Sockets that a script controls: an `EventTarget` as the platform's, and one with handlers only, as that of `ws`.

import { Own } from './world.js'

/** What goes wrong in a class of sockets. */
export const FAULTS = ['constructor', 'send', 'close', 'protocol', 'bufferedAmount', 'binaryType']

function closing({ code, reason, wasClean }) {
  return Object.assign(new Event('close'), { code, reason, wasClean })
}

/** Creates a class whose sockets are kept in `sockets`. While `given.fault` names a member, that throws. */
export function socketClass({ isTarget, sockets, given }) {
  const Base = isTarget ? EventTarget : class {}
  const fails = (what) => {
    if (given.fault === what) throw new Own(`class: ${what}`)
  }
  return class extends Base {
    readyState = 0
    extensions = ''
    sent = []
    held = 0
    #binaryType = isTarget ? 'blob' : 'nodebuffer'
    #protocol = ''
    #wasOpen = false

    constructor(url) {
      super()
      this.url = url
      fails('constructor')
      if (!/^wss?:/.test(url)) throw new DOMException('invalid URL', 'SyntaxError')
      sockets.push(this)
    }

    get binaryType() {
      return this.#binaryType
    }

    set binaryType(type) {
      fails('binaryType')
      this.#binaryType = type
    }

    get protocol() {
      fails('protocol')
      return this.#protocol
    }

    get bufferedAmount() {
      fails('bufferedAmount')
      return this.held
    }

    send(data) {
      if (this.readyState === 0) throw new DOMException('connecting', 'InvalidStateError')
      // As the platform does, before it sends anything.
      const isBinary = ArrayBuffer.isView(data) || data instanceof ArrayBuffer || data instanceof Blob
      const text = isBinary ? 'binary' : `${data}`
      fails('send')
      if (this.readyState === 1) this.sent.push(text)
    }

    close(code, reason) {
      if (code !== undefined && code !== 1000 && !(code >= 3000 && code < 5000))
        throw new DOMException('code', 'InvalidAccessError')
      if (reason !== undefined && `${reason}`.length > 123) throw new DOMException('reason', 'SyntaxError')
      fails('close')
      if (this.readyState > 1) return
      const wasConnecting = this.readyState === 0
      this.readyState = 2
      // The platform's socket ends a moment later.
      if (wasConnecting) setTimeout(() => this.ends({ code: 1006, reason: '', wasClean: false }, true))
    }

    emit(event) {
      if (isTarget) this.dispatchEvent(event)
      else this[`on${event.type}`]?.(event)
    }

    // What a server and the network do. Each has an effect only where a platform's socket could have it.

    opens() {
      if (this.readyState !== 0) return
      this.readyState = 1
      this.#wasOpen = true
      this.emit(new Event('open'))
    }

    receives(data) {
      if (this.#wasOpen && this.readyState < 3) this.emit(new MessageEvent('message', { data }))
    }

    /** The peer's Close frame arrives, some time before the close event. */
    closes() {
      if (this.readyState === 1) this.readyState = 2
    }

    /** Chromium dispatches no close event if the page's policy forbids the connection. */
    failsOnly() {
      if (this.readyState !== 0) return
      this.readyState = 3
      this.emit(new Event('error'))
    }

    ends(how, hasFailed) {
      if (this.readyState === 3) return
      this.readyState = 3
      if (hasFailed) this.emit(new Event('error'))
      this.emit(closing(how))
    }
  }
}
