// The driver of one client: carries out the decisions of the machine on one socket of the platform after another. Messages do
// not pass through the machine.

import { checkCloseArguments } from '../close-arguments.js'
import { LatencyEvent } from '../events/events.js'
import type { Observer } from '../events/observer.js'
import { type Failure, Input, Output, State } from '../machine/codes.js'
import type { Core } from '../machine/core.js'
import { Engine, type Executor } from '../machine/engine.js'
import type { Settings } from '../options.js'
import { now, soon } from '../platform/clock.js'
import { guarded } from '../platform/report.js'
import type { ClientState, ClosedInfo, EndReason, OpenedInfo, Stats } from '../types.js'
import { Attempt } from './attempt.js'
import { Counters } from './counters.js'
import { Intake } from './intake.js'
import { Outbox } from './outbox.js'
import { Outcome, type Target } from './outcome.js'
import { type Data, lengthOf, type Payload } from './queue.js'
import { Watch } from './watch.js'

const STATES: readonly ClientState[] = ['connecting', 'open', 'closing', 'waiting', 'closed']
const REASONS: readonly EndReason[] = ['closed', 'fatal', 'exhausted', 'declined']

export class Driver implements Executor, Observer {
  readonly dispatchesOpen: boolean
  readonly #settings: Settings
  readonly #target: Target
  readonly #engine: Engine
  readonly #outbox: Outbox
  readonly #outcome: Outcome
  readonly #intake: Intake
  readonly #counters = new Counters()
  readonly #watch: Watch
  #attempt: Attempt | undefined
  #lastUrl = ''
  // React Native's class delivers an ArrayBuffer by default, of which no Blob can be made there.
  #binaryType: BinaryType = IS_REACT_NATIVE ? 'arraybuffer' : 'blob'
  /** Whether `close` was called; its arguments are below. */
  #isClosing = false
  /** Whether the machine knows of it. */
  #isAsked = false
  #closeArguments: [code?: number, reason?: string] = []
  /** The next attempt is that of a `reconnect` after the end. */
  #isByHand = false
  /** When another such attempt may follow the last one, if that fails. */
  #earliest = 0

  constructor(settings: Settings, target: Target) {
    this.#settings = settings
    this.#target = target
    target.observe(this)
    this.dispatchesOpen = !!settings.setup
    this.#engine = new Engine(settings.config, this)
    this.#outbox = new Outbox(settings, this.#engine)
    this.#outcome = new Outcome(target)
    this.#intake = new Intake(settings, this.#engine)
    this.#watch = new Watch(settings, this.#engine, this)
  }

  /** Starts the first attempt. Throws what the platform's constructor throws. */
  dial(): void {
    if (this.#settings.signal?.aborted) {
      this.#isClosing = true
      soon(() => this.#isClosing && this.#end('closed'))
      return
    }
    // The machine's first output is an attempt. It is made here and not by `carryOut`, which cannot throw to the program.
    this.#engine.start(true).poll()
    try {
      this.#dialNext()
    } catch (error) {
      this.#engine.stop()
      throw error
    }
    this.#watch.start()
    this.#engine.arm()
    // The function that returns the URL has already been called, and may have aborted the signal.
    if (this.#settings.signal?.aborted) this.close(1000)
  }

  #dialNext(): void {
    this.#earliest = this.#isByHand ? now() + Math.min(this.#settings.config.min, 1000) : 0
    this.#isByHand = false
    this.#intake.deliver()
    this.#attempt = new Attempt(this.#settings, this.#counters, this.#target, this)
    this.#attempt.dial(() => this.#binaryType)
  }

  // Called by the program

  get readyState(): number {
    if (this.#outcome.isOver) return 3
    const state = this.#attempt?.readyState ?? 0
    return this.#isClosing && state < 3 ? 2 : state
  }

  get state(): ClientState {
    if (this.#outcome.isOver) return 'closed'
    const { readyState } = this
    // The machine does not know that the peer closes until the platform's close event.
    const state = this.#isClosing || readyState === 2 ? State.Closing : this.#engine.core!.state()
    return STATES[state === State.Open && readyState > 1 ? State.Closing : state]!
  }

  get ended(): ClosedInfo | undefined {
    return this.#outcome.ended
  }

  /** The URL of the last attempt. */
  get url(): string {
    return this.#attempt?.socket?.url ?? this.#lastUrl
  }

  get promises(): Outcome['promises'] {
    return this.#outcome.promises
  }

  get handshake(): OpenedInfo {
    const { protocol = '', extensions = '' } = this.#attempt?.socket ?? {}
    return { protocol, extensions }
  }

  get bufferedAmount(): number {
    return (this.#attempt?.socket?.bufferedAmount ?? 0) + this.#outbox.bytes
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    if (this.#attempt?.socket) this.#attempt.socket.binaryType = type
    this.#binaryType = type
  }

  send(data: Data): void {
    this.#outbox.send(data, this.#attempt, this.#isClosing || this.#outcome.isOver, this)
  }

  /** Closes the client. */
  close(code?: number, reason?: string): void {
    const attempt = this.#attempt
    const socket = attempt?.socket
    // The platform's socket checks and converts the arguments, unless its `close` must wait for the queue.
    const isQueued = attempt?.isOpen && this.#outbox.queue.length > 0
    const { isForeign } = this.#settings
    const isOwn = !socket || isQueued || isForeign
    const [number, text] = isOwn ? checkCloseArguments(code, reason, isForeign) : [code, reason]
    const given: [code?: number, reason?: string] = text !== undefined ? [number, text] : number !== undefined ? [number] : []
    if (socket && !isQueued) socket.close(...given)
    if (this.#outcome.isOver || this.#isClosing) return
    // The connection counts for those that have waited for it, though `NotifyOpen` comes later.
    if (attempt?.isOpening) guarded(() => this.#resolveOpened())
    this.#isClosing = true
    this.#intake.discard()
    this.#closeArguments = given
    // While it connects, the platform dispatches its error and close events at once, except React Native's on Android.
    const isSaid = !IS_REACT_NATIVE && socket && attempt.openedAt === undefined && !attempt.isGone
    if (!this.#engine.core || isSaid) return
    this.#askToClose()
    this.#engine.schedule()
  }

  #resolveOpened(): void {
    this.promises.opened?.resolve(this.handshake)
    this.promises.opened = undefined
  }

  #askToClose(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    this.#engine.input(Input.Close, this.#closeArguments[0] ?? 1005)
  }

  reconnect(delay: number): void {
    const engine = this.#engine
    const attempt = this.#attempt
    const { ended } = this
    // The connection counts for those that have waited for it, as in `close`.
    if (attempt?.isOpening) guarded(() => this.#resolveOpened())
    const wasClosing = this.#isClosing && !this.#outcome.isOver
    this.#lastUrl = this.url
    if (attempt?.isGone && this.#outcome.isOver) this.#attempt = undefined
    this.#outbox.renew()
    this.#outcome.goOn()
    this.#isClosing = false
    const hasEnded = !engine.core
    const core = engine.core ?? engine.start(false)
    if (wasClosing) {
      this.#askToClose()
      // It may have waited for the queue, which is for the next attempt now.
      guarded(() => this.#attempt?.socket?.close(...this.#closeArguments))
    }
    this.#isAsked = false
    // The close event follows, but the attempt has failed already: that decides the pace (S8a).
    if (attempt?.hasFailed && !attempt.isGone) engine.input(Input.Failed)
    if (hasEnded) {
      this.#isByHand = true
      if (!ended || ended.reason === 'closed' || this.#outcome.wasStable) this.#earliest = 0
    }
    // The machine is a new one then, which does not know of the attempts before.
    engine.input(Input.Reconnect, this.#isByHand ? Math.max(delay, this.#earliest - now()) : delay)
    if (hasEnded) {
      this.#outbox.queue.sizes().forEach((bytes) => core.send(bytes))
      this.#watch.start()
    }
    // Messages sent from now on are for the next attempt.
    if (this.#attempt && core.state() === State.Closing) {
      this.#attempt.isLeaving = true
      this.#intake.discard()
    }
    engine.schedule()
  }

  ping(): Promise<number> {
    return this.#intake.ping(this.state === 'open')
  }

  takeUnsent(): Payload[] {
    return this.ended ? this.#outbox.queue.take() : []
  }

  stats(): Stats {
    const since = this.#attempt?.openedAt
    return this.#counters.stats(this.#engine.core, since !== undefined && this.readyState === 1 ? now() - since : undefined)
  }

  // Called by the platform's socket, which calls the program's listeners itself: after these methods, and those of the open and
  // close events between `opened` and `openSeen`, `closed` and `closeSeen`.

  opened(): void {
    const attempt = this.#attempt!
    this.#engine.input(Input.Opened)
    if (!this.dispatchesOpen) return attempt.opening()
    attempt.openedAt = now()
    this.#engine.pump()
  }

  openSeen(): void {
    if (this.#attempt) this.#attempt.isOpening = false
    this.#engine.pump()
  }

  admit(event: MessageEvent): boolean {
    const counters = this.#counters
    counters.messagesReceived++
    counters.unitsReceived += lengthOf(event.data)
    this.#engine.received = true
    return !this.#intake.withholds?.(event)
  }

  errored(): void {
    this.#attempt!.errored()
  }

  closed(event: CloseEvent): void {
    this.#attempt!.closed(event)
    this.#outcome.closed(event)
    this.gone()
  }

  closeSeen(): void {
    if (!this.#outcome.seen()) return
    this.#outcome.finished(this.#engine.core!)
    this.#engine.pump()
  }

  /** Informs the machine that the attempt has ended. */
  gone(): void {
    const engine = this.#engine
    const { closeEvent, hasFailed } = this.#attempt!
    if (this.#isClosing) this.#askToClose()
    // Without an error and with another code than 1006, the peer's Close frame was received, however TCP ended afterwards.
    if (hasFailed || !closeEvent || closeEvent.code === 1006) engine.input(Input.Failed)
    else engine.input(Input.Closed, closeEvent.code, 1)
    engine.pump()
  }

  // Called by the engine

  mustWait(isMidway: boolean): boolean {
    const attempt = this.#attempt
    return this.#outcome.isHeldUp || !!attempt?.isOpening || (!isMidway && !!attempt?.hasFailed && !attempt.isGone)
  }

  given(): number {
    return this.#attempt?.given || Infinity
  }

  buffered(): number {
    return this.#attempt?.buffered() ?? 0
  }

  waking(): void {
    if (this.#isClosing) this.#askToClose()
    // The peer's Close frame has arrived. The platform ends the connection.
    else if (this.readyState === 2) this.#engine.received = true
  }

  carryOut(output: Output, core: Core): void {
    const attempt = this.#attempt
    const { queue } = this.#outbox
    switch (output) {
      case Output.Dial:
        return this.#redial()
      case Output.Transmit:
        return core.handle(Input.Transmitted, attempt?.flush(queue) ?? queue.length)
      case Output.Heartbeat:
        this.#intake.beat()
        return attempt?.sendHeartbeat()
      case Output.Mark:
        return core.handle(Input.Mark, attempt!.mark(), this.given())
      case Output.Close:
        this.#intake.lost()
        return guarded(() => attempt?.socket?.close(...(this.#isClosing ? this.#closeArguments : ([1000] as [number]))))
      case Output.Abort:
        // If the attempt has ended, its listeners are still being called.
        return attempt?.isGone ? undefined : attempt?.detach()
      case Output.AskRetry:
        return core.handle(Input.RetryAnswer, +!!this.#settings.shouldReconnect!(this.#outcome.closeEventOf(attempt!, core)))
      case Output.SetUp:
        return this.#intake.setUp(attempt!)
      case Output.NotifyOpen:
        if (!this.#isClosing && !attempt?.isLeaving) this.#resolveOpened()
        return attempt?.setup && this.#intake.open(attempt, this.#target)
      case Output.NotifyError:
        return this.#outcome.failed(core.value(0) as Failure, attempt!)
      case Output.NotifyClose:
        // If a `close()` has followed `reconnect()`, no attempt follows.
        this.waking()
        this.#intake.lost()
        this.#lastUrl = this.url
        return this.#outcome.finish(attempt!, core, () => (this.#attempt = undefined))
      case Output.NotifyEnd:
        return this.#end(REASONS[core.value(0)]!)
      case Output.NotifyDrain:
        // After the listeners of the event in which the queue was sent, such as `open`.
        setTimeout(() => this.ended || this.#target.dispatch(new Event('drain')))
        return
      case Output.NotifyLatency:
        this.#intake.pong()
        return this.#target.dispatch(new LatencyEvent(core.value(0)))
    }
  }

  #redial(): void {
    try {
      this.#dialNext()
    } catch (error) {
      this.#attempt!.fail(error)
    }
    this.#target.dispatch(new Event('connecting'))
  }

  #end(reason: EndReason): void {
    const { core } = this.#engine
    // Without a heartbeat there is nothing to keep.
    if (core && this.#settings.heartbeat) this.#counters.keep(core)
    this.#engine.stop()
    this.#watch.stop()
    this.#outcome.end(reason, this.#outbox.queue.length)
  }
}
