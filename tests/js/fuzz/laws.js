// What must hold whatever a program does.

import assert from 'node:assert/strict'
import { Own } from './world.js'

/** The names of errors that calls may throw. */
const NAMES = ['TypeError', 'RangeError', 'SyntaxError', 'InvalidAccessError', 'InvalidStateError', 'QuotaExceededError']
const OF_PROMISES = ['NetworkError', 'NotSupportedError', 'InvalidStateError', 'Error']

export class Laws {
  #sockets
  #fault
  /** Messages that were accepted, and those that were handed back. */
  #accepted = []
  #back = []
  #count = 0
  /** Where the events of the present attempt are. */
  #place = 'new'
  #isClosed = false
  #isOver = false
  /** The program itself dispatches an event. */
  ofProgram = false

  constructor(sockets, fault) {
    this.#sockets = sockets
    this.#fault = fault
  }

  message() {
    return `m${++this.#count}`
  }

  ofSetUp() {
    return `s${++this.#count}`
  }

  /** Whether a message that is sent now must not be lost. */
  accepts(client, queues) {
    return !this.#isClosed && (queues ? client.state !== 'closed' : client.readyState === 1) && client.readyState < 2
  }

  sent(message, isKept) {
    if (isKept) this.#accepted.push(message)
  }

  taken(unsent) {
    this.#back.push(...unsent)
  }

  closed() {
    this.#isClosed = true
  }

  reconnects() {
    if (this.#place === 'open') this.#place = 'leaving'
    this.#isClosed = false
    this.#isOver = false
  }

  /** Errors are those of the program, or have a name that the documentation has. */
  thrown(error, what) {
    if (error instanceof Own) return
    const names = ['opened', 'ping', 'closed', 'next'].includes(what) ? OF_PROMISES : NAMES
    assert.ok(names.includes(error?.name), `${what} threw ${error?.stack ?? String(error)}`)
  }

  emitted({ type }, { state, readyState }) {
    if (this.ofProgram) return
    const place = this.#place
    const from = (...places) => assert.ok(places.includes(place), `S3: ${type} after ${place}`)
    assert.ok(!this.#isOver || type === 'drain', `S4: ${type} after the end`)
    switch (type) {
      case 'connecting':
        from('new', 'closed', 'reconnecting')
        this.#place = 'connecting'
        break
      case 'open':
        from('new', 'connecting')
        assert.ok(['open', 'closing'].includes(state), `S2: open while ${state}`)
        this.#place = 'open'
        break
      case 'message':
        from('open')
        assert.ok(!this.#isClosed, 'S10: message after close()')
        break
      case 'latency':
        from('open', 'leaving')
        break
      case 'error':
        from('new', 'connecting', 'open', 'leaving')
        this.#place = 'failed'
        break
      case 'close':
        from('new', 'connecting', 'open', 'leaving', 'failed')
        assert.ok(readyState === 3 || readyState === 0 || this.#isClosed, `S2: close while ${readyState}`)
        this.#place = 'closed'
        break
      case 'reconnecting':
        from('closed')
        assert.equal(state, 'waiting')
        this.#place = 'reconnecting'
        break
      case 'end':
        from('new', 'closed', 'reconnecting')
        assert.deepEqual([state, readyState], ['closed', 3])
        this.#place = 'new'
        this.#isOver = true
        break
    }
  }

  look(client) {
    const live = this.#sockets.filter(({ readyState }) => readyState < 2)
    if (this.#fault !== 'close') assert.ok(live.length <= 1, `${live.length} sockets live`)
    if (this.#isOver) this.nothingLives('after the end')
    const { state, readyState } = client
    // After an error event the close event may come later, or never.
    const fits = { connecting: [0, 3], open: [1], closing: [2, 3, 1, 0], waiting: [0, 3], closed: [3] }[state]
    assert.ok(fits?.includes(readyState), `S2: ${state} and ${readyState}`)
  }

  nothingLives(when) {
    if (this.#fault === 'close') return
    const live = this.#sockets.filter(({ readyState }) => readyState < 2)
    assert.equal(live.length, 0, `a socket lives ${when}`)
  }

  /** Each message that was accepted was passed to a socket or handed back, once. */
  finished(client) {
    assert.equal(client.state, 'closed')
    if (this.#fault === 'close') this.#fault = undefined
    this.nothingLives('at the end')
    if (this.#fault === 'send') return
    const sent = this.#sockets.flatMap(({ sent }) => sent)
    const found = [...sent, ...this.#back]
    for (const message of this.#accepted) {
      assert.equal(found.filter((other) => other === message).length, 1, `S15: ${message} in ${found}`)
    }
  }
}
