// Many clients and what has happened to them.

import { create, memory } from './clients.js'
import { after, counted } from './counted.js'

const sizeOf = (data) => data?.length ?? data?.byteLength ?? data?.size ?? 0

export class Crowd {
  clients = []
  /** Of all clients, by kind. */
  events = { open: 0, message: 0, error: 0, close: 0, reconnecting: 0, end: 0 }
  bytes = 0
  /** The delay that each client first announced, in milliseconds. */
  first = []
  #hasAnnounced = new Set()
  codes = {}
  errors = {}
  /** The events of the first client, in order. */
  notes = []
  /** Called for each event with the client's number. */
  onEvent = () => {}

  /** Creates clients. */
  add(count, url, options = {}) {
    for (let added = 0; added < count; added++) {
      const number = this.clients.length
      this.clients.push(create(url, options, (kind, value) => this.#note(number, kind, value)))
    }
  }

  #note(number, kind, value) {
    this.events[kind]++
    if (kind === 'message') this.bytes += sizeOf(value)
    if (kind === 'reconnecting' && !this.#hasAnnounced.has(number)) {
      this.#hasAnnounced.add(number)
      this.first.push(value)
    }
    if (kind === 'close') this.codes[value] = (this.codes[value] ?? 0) + 1
    if (kind === 'error') this.errors[value] = (this.errors[value] ?? 0) + 1
    if (number === 0) this.notes.push(typeof value === 'string' || typeof value === 'number' ? `${kind} ${value}` : kind)
    this.onEvent(number, kind, value)
  }

  states() {
    const states = {}
    for (const client of this.clients) states[client.state()] = (states[client.state()] ?? 0) + 1
    return states
  }

  each(act) {
    this.clients.forEach(act)
  }

  /** Closes all clients and frees their handles. */
  end() {
    for (const client of this.clients.splice(0)) {
      client.close()
      client.free()
    }
  }

  /** What the tests observe. */
  seen() {
    const { events, bytes, codes, errors, notes, first } = this
    const { timers, listeners, workers, blobUrls, dialled, created, collected, blobs, collectedBlobs, unfinished, peak } = counted
    // Copies, as Firefox reads what is returned only after more events.
    return {
      events: { ...events },
      bytes,
      codes: { ...codes },
      errors: { ...errors },
      notes,
      first,
      states: this.states(),
      memory: memory(),
      timers: timers.size,
      listeners,
      workers,
      blobUrls,
      sockets: dialled.length,
      unfinished,
      peak: { ...peak },
      collected,
      alive: created - collected,
      blobs,
      collectedBlobs,
      dialled,
    }
  }

  /** Blocks the page's thread. */
  block(millis) {
    for (const end = performance.now() + millis; performance.now() < end; );
  }

  after = after
}
