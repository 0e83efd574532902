// What a client runs in here: virtual time, randomness and made-up sockets, the same in each run.

import { pass, settle } from '../../../tests/js/support/virtual.js'

export { pass }

/** What the messages of a client, or to a client, are expected to be. */
export class Wrong extends Error {}

/** The newest socket. */
export let socket

/** A socket whose peer is the script. */
globalThis.WebSocket = class WebSocket extends EventTarget {
  static CONNECTING = 0
  static OPEN = 1
  static CLOSING = 2
  static CLOSED = 3
  readyState = 0
  protocol = ''
  extensions = ''
  binaryType = 'blob'
  onopen = null
  onmessage = null
  onerror = null
  onclose = null
  /** Emptied by the script. */
  bufferedAmount = 0
  /** What was sent. */
  sent = { messages: 0, bytes: 0, last: undefined }

  constructor(url) {
    super()
    this.url = url
    socket = this
  }

  send(data) {
    if (this.readyState !== 1) throw new Wrong(`sent in state ${this.readyState}`)
    const bytes = data.length ?? data.byteLength
    this.sent.messages++
    this.sent.bytes += bytes
    this.sent.last = data
    this.bufferedAmount += bytes
  }

  close(code) {
    if (this.readyState > 1) return
    this.readyState = 2
    setTimeout(() => this.ends(code, true))
  }

  #dispatch(event) {
    this[`on${event.type}`]?.call(this, event)
    this.dispatchEvent(event)
  }

  opens() {
    this.readyState = 1
    this.#dispatch(new Event('open'))
  }

  receives(data) {
    this.#dispatch(new MessageEvent('message', { data }))
  }

  ends(code, wasClean) {
    if (this.readyState === 3) return
    this.readyState = 3
    this.bufferedAmount = 0
    this.#dispatch(Object.assign(new Event('close'), { code, reason: '', wasClean }))
  }
}

/** Waits for a new socket and opens it. */
export async function opened(before) {
  for (let waited = 0; socket === before; waited++) {
    if (waited === 100) throw new Wrong('no connection')
    await pass(1)
  }
  const opening = socket
  opening.opens()
  await settle()
  return opening
}
