// The client of the page, and the log of its events.

import { HomingSocket, type HomingSocketEventMap, type HomingSocketOptions } from 'homing'
import { count, millis, plural } from './format.js'
import type { Kind, Log } from './log.js'
import type { Meter } from './meter.js'
import type { States } from './states.js'
import { Track } from './track.js'

const BEAT = 'are you there?'

/** A factor for the client's timeouts: `?patience=20` on machines that may stall. */
const PATIENCE = Number(new URLSearchParams(location.search).get('patience') ?? 1)

/** Shorter times than the defaults, so that reconnects are soon visible. */
const OPTIONS: HomingSocketOptions = {
  reconnect: { min: 500, max: 5000, stableAfter: 2000 },
  openTimeout: 3000 * PATIENCE,
  closeTimeout: 2000 * PATIENCE,
}
const HEARTBEAT: HomingSocketOptions = {
  heartbeat: { message: BEAT, interval: 1000, timeout: 1500 * PATIENCE, isReply: (data) => data === BEAT },
}

export class Client {
  readonly #log: Log
  readonly #meter: Meter
  readonly #states: States
  /** Round trips of heartbeats in milliseconds. */
  readonly roundTrips = new Track(1)
  #socket: HomingSocket | undefined
  #listening = new AbortController()
  /** Messages that are not logged yet. */
  #arrived = 0
  #size = 0

  constructor(log: Log, meter: Meter, states: States) {
    this.#log = log
    this.#meter = meter
    this.#states = states
  }

  get socket(): HomingSocket | undefined {
    return this.#socket
  }

  /** Replaces the client. Throws what `HomingSocket` throws; then the old client stays. */
  connect(url: string, withHeartbeat: boolean): void {
    const socket = new HomingSocket(url, undefined, withHeartbeat ? { ...OPTIONS, ...HEARTBEAT } : OPTIONS)
    this.#listening.abort()
    this.#listening = new AbortController()
    this.#socket?.close()
    this.#socket = socket
    this.#meter.restart()
    this.roundTrips.clear()
    this.#listen(socket)
    this.say('you', `connect to ${socket.url}`)
  }

  #listen(socket: HomingSocket): void {
    const { signal } = this.#listening
    const on = <K extends keyof HomingSocketEventMap>(type: K, act: (event: HomingSocketEventMap[K]) => void): void =>
      socket.addEventListener(type, act, { signal })
    on('open', () => this.say('open', socket.protocol && `subprotocol ${socket.protocol}`))
    on('message', ({ data }) => {
      this.#arrived++
      this.#size += data.length ?? data.size
    })
    on('error', (event) => this.say('error', 'error' in event ? (event.error as Error).message : 'the browser hides the reason'))
    on('close', ({ code, reason, wasClean }) => {
      this.roundTrips.push(performance.now(), null)
      this.say('close', `${code}${reason && ` “${reason}”`}, ${wasClean ? 'clean' : 'not clean'}`)
    })
    on('reconnecting', ({ delay, attempt }) => {
      this.#states.expect(performance.now() + delay)
      this.say('reconnecting', `in ${millis(delay)}, attempt ${attempt}`)
    })
    on('connecting', () => this.say('connecting', `attempt ${count(socket.stats.attempts)} in all`))
    on('end', ({ reason, unsent }) => this.say('end', `${reason}, ${plural(unsent, 'message')} unsent`))
    on('drain', () => this.say('drain', 'there is room again'))
    on('latency', ({ latency }) => this.roundTrips.push(performance.now(), latency))
  }

  /** Adds a line to the log, after the messages received before. */
  say(kind: Kind, text: string): void {
    this.settle()
    this.#log.add(kind, text)
  }

  /** Updates the log and the states. */
  settle(now = performance.now()): void {
    this.#log.messages(this.#arrived, this.#size)
    this.#arrived = this.#size = 0
    if (this.#socket) this.#states.note(this.#socket.state, now)
  }

  /** Sends a message so many times, or until the buffer is full. */
  send(text: string, times: number): void {
    const socket = this.#socket
    if (!socket) return
    if (socket.state === 'closed' || socket.state === 'closing')
      return this.say('you', `the client is ${socket.state}: nothing sent`)
    let sent = 0
    try {
      while (sent < times) {
        socket.send(text)
        sent++
      }
      this.say('you', `send ${plural(sent, 'message')}${socket.state === 'open' ? '' : ', which waits for a connection'}`)
    } catch (error) {
      // The queue is full; `drain` follows when there is room.
      if ((error as Error).name !== 'QuotaExceededError') throw error
      this.say('you', `send ${plural(sent, 'message')} of ${count(times)}: the buffer is full`)
    }
    this.#meter.look(socket)
  }

  close(): void {
    this.say('you', 'close the client')
    this.#socket?.close(1000)
    this.settle()
  }

  reconnect(): void {
    this.say('you', 'reconnect by hand')
    this.#socket?.reconnect()
    this.settle()
  }
}
