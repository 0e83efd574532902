// What becomes of a received message: it is delivered, taken by the set-up (S27), or answers a heartbeat (S17, S30).

import { type Deferred, deferred } from '../events/deferred.js'
import { Input, Page } from '../machine/codes.js'
import type { Engine } from '../machine/engine.js'
import type { Settings } from '../options.js'
import { now } from '../platform/clock.js'
import type { Attempt } from './attempt.js'
import type { Target } from './outcome.js'
import { Setup } from './setup.js'

/** Withholds all messages. */
const DISCARD = (): boolean => true

export class Intake {
  readonly #settings: Settings
  readonly #engine: Engine
  /** A heartbeat was asked for, and has not left. */
  #isDue = false
  readonly #pings: (Deferred<number> & { readonly at: number })[] = []
  /** How many of them have left, and how many of these were answered. */
  #left = 0
  #pongs = 0
  /** Returns whether a message is withheld from the listeners. */
  withholds: ((event: MessageEvent) => unknown) | undefined

  constructor(settings: Settings, engine: Engine) {
    this.#settings = settings
    this.#engine = engine
  }

  /** Delivers messages, except answers to heartbeats. */
  deliver(): void {
    const isReply = this.#settings.heartbeat?.isReply
    this.withholds = isReply && (({ data }) => isReply(data) && this.#answered())
  }

  /** Discards the messages that arrive after `close()` or `reconnect()` (S10): browsers dispatch none, other classes do. */
  discard(): void {
    this.withholds = DISCARD
  }

  #answered(): boolean {
    this.#pongs = this.#left
    this.#engine.input(Input.Answered)
    this.#engine.schedule()
    return true
  }

  setUp(attempt: Attempt): void {
    const { inbox } = new Setup(this.#settings.setup!, attempt, (result) => {
      this.#engine.input(Input.SetUp, result)
      this.#engine.pump()
    })
    this.withholds = (event) => {
      inbox.push(event)
      return true
    }
  }

  /** Dispatches the open event after a set-up, and the messages that it has not taken. */
  open(attempt: Attempt, target: Target): void {
    this.deliver()
    // A ping by a listener of `open` is not answered by what arrived before it.
    const { withholds } = this
    attempt.opening()
    target.dispatch(new Event('open'))
    attempt.isOpening = false
    for (const event of attempt.setup!.inbox.take()) {
      // Listeners may end it. That the peer closes has no effect on what it sent before.
      if (this.withholds !== DISCARD && !attempt.isGone && !withholds?.(event)) target.dispatch(event)
    }
  }

  ping(isOpen: boolean): Promise<number> {
    if (!this.#settings.heartbeat) return failed('there is no heartbeat message', 'NotSupportedError')
    if (!isOpen) return failed('the client is not open', 'InvalidStateError')
    // Without a predicate the next message is the answer, once a heartbeat has left.
    this.withholds ??= () => {
      if (this.#left <= this.#pongs) return
      this.deliver()
      this.#answered()
    }
    // An open client sends a heartbeat then.
    if (!this.#isDue) this.#engine.input(Input.Page, Page.Visible)
    this.#isDue = true
    this.#engine.schedule()
    const ping = { ...deferred<number>(), at: now() }
    this.#pings.push(ping)
    return ping.promise
  }

  /** A heartbeat leaves. */
  beat(): void {
    this.#isDue = false
    this.#left = this.#pings.length
  }

  /** A heartbeat was answered. */
  pong(): void {
    this.#left -= this.#pongs
    for (const { resolve, at } of this.#pings.splice(0, this.#pongs)) resolve(now() - at)
    this.#pongs = 0
  }

  /** The connection ends. */
  lost(): void {
    this.#isDue = false
    this.#left = this.#pongs = 0
    for (const { reject } of this.#pings.splice(0)) failed('the connection has ended', 'NetworkError').catch(reject)
  }
}

function failed(why: string, name: string): Promise<never> {
  return Promise.reject(new DOMException(`homing: ${why}`, name))
}
