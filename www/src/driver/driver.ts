// Drives one client: the machine decides, and this carries it out on one socket of the platform after another. A message
// never waits for the machine, nor does it pass through it.

import { now, soon } from '../platform/clock.js'
import { checkClose } from '../close-arguments.js'
import { Failure, Input, Output, Page, State } from '../machine/codes.js'
import type { Core } from '../machine/core.js'
import { Counters } from './counters.js'
import { Engine, type Executor } from '../machine/engine.js'
import { LatencyEvent } from '../events/events.js'
import { Link } from './attempt.js'
import { guarded, type Observer } from '../events/listeners.js'
import type { Settings } from '../options.js'
import { Outbox } from './outbox.js'
import { Outcome, type Target } from './outcome.js'
import { HIDDEN, isHidden, leave, visit, type News, type Visitor } from '../platform/page.js'
import { lengthOf, plain, type Data, type Payload } from './queue.js'
import type { ClientState, ClosedInfo, EndReason, Stats } from '../types.js'

const STATES: readonly ClientState[] = ['connecting', 'open', 'closing', 'waiting', 'closed']
const REASONS: readonly EndReason[] = ['closed', 'fatal', 'exhausted', 'declined']

export class Driver implements Executor, Observer, Visitor {
  readonly #settings: Settings
  readonly #target: Target
  readonly #isReply: ((data: unknown) => unknown) | undefined
  readonly #engine: Engine
  readonly #outbox: Outbox
  readonly #outcome: Outcome
  readonly #counters = new Counters()
  #link: Link | undefined
  #lastUrl = ''
  // React Native's class delivers an ArrayBuffer by default, and there a Blob cannot be made of one.
  #binaryType: BinaryType = IS_REACT_NATIVE ? 'arraybuffer' : 'blob'
  /** `close` was called, with these arguments. */
  #isClosing = false
  #closeArguments: [code?: number, reason?: string] = []

  constructor(settings: Settings, target: Target) {
    this.#settings = settings
    this.#target = target
    this.#isReply = settings.heartbeat?.isReply
    this.#engine = new Engine(settings.config, this)
    this.#outbox = new Outbox(settings, this.#engine)
    this.#outcome = new Outcome(target)
  }

  /** Dials for the first time, and throws what the platform's constructor throws. */
  dial(): void {
    if (this.#settings.signal?.aborted) {
      this.#isClosing = true
      soon(() => this.#isClosing && this.#end('closed'))
      return
    }
    // The machine begins with an attempt, which is made here instead of by `carryOut`, where nothing can be thrown.
    this.#engine.start(true).poll()
    try {
      this.#dialNext()
    } catch (error) {
      this.#engine.stop()
      throw error
    }
    this.#watch()
    this.#engine.schedule()
  }

  #dialNext(): void {
    this.#link = new Link(this.#settings, this.#counters, this.#target)
    this.#link.dial(() => this.#binaryType)
  }

  /** Begins to watch the page and the signal. */
  #watch(): void {
    const { signal, heartbeat, isPlain, pauseWhileHidden } = this.#settings
    signal?.addEventListener('abort', this.#abort)
    if (isPlain) return
    visit(this)
    if (heartbeat?.inWorker) this.#engine.keepAwake()
    if (pauseWhileHidden && isHidden()) this.#engine.input(Input.Page, Page.Frozen)
  }

  readonly #abort = (): void => this.close(1000)

  // What the program asks for

  get readyState(): number {
    if (this.#outcome.isOver) return 3
    const native = this.#link?.socket?.readyState
    if (this.#isClosing) return native === 3 ? 3 : 2
    return native ?? 0
  }

  get state(): ClientState {
    if (this.#outcome.isOver) return 'closed'
    const { core } = this.#engine
    return STATES[core && !this.#isClosing ? core.state() : this.readyState]!
  }

  get ended(): ClosedInfo | undefined {
    return this.#outcome.ended
  }

  /** The URL last dialled. */
  get url(): string {
    return this.#link?.socket?.url ?? this.#lastUrl
  }

  get protocol(): string {
    return this.#link?.socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.#link?.socket?.extensions ?? ''
  }

  get bufferedAmount(): number {
    return (this.#link?.socket?.bufferedAmount ?? 0) + this.#outbox.bytes
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    if (this.#link?.socket) this.#link.socket.binaryType = type
    this.#binaryType = type
  }

  send(data: Data): void {
    const link = this.#link
    const { queue } = this.#settings
    if (queue && !this.#isClosing && !this.#outcome.isOver) return this.#outbox.send(data, link)
    if (!queue && this.readyState === 0) throw notOpen(data)
    if (!queue && link?.socket) return link.send(data)
    // Too late: as with the browser's class it goes nowhere, and `bufferedAmount` grows. An open socket, though, still has
    // the queue to send.
    if (link?.socket && link.socket.readyState > 1) link.socket.send(data as string)
    else this.#outbox.discard(data)
  }

  /** Closes for good. */
  close(code?: number, reason?: string): void {
    const link = this.#link
    const socket = link?.socket
    const given: [code?: number, reason?: string] = reason !== undefined ? [code, reason] : code !== undefined ? [code] : []
    // The platform's socket knows best what it takes. It must wait, though, for what is queued.
    const isQueued = link?.isOpen && this.#outbox.queue.length > 0
    const { isForeign } = this.#settings
    if (!socket || isQueued || isForeign) checkClose(code, reason, isForeign)
    if (socket && !isQueued) socket.close(...given)
    if (this.#outcome.isOver || this.#isClosing) return
    this.#isClosing = true
    this.#closeArguments = given
    // While it connects the platform has the say: its error and close events follow at once; not in React
    // Native on Android.
    const isSaid = !IS_REACT_NATIVE && socket && link.openedAt === undefined && !link.isGone
    if (!this.#engine.core || isSaid) return
    this.#askToClose()
    this.#engine.schedule()
  }

  #askToClose(): void {
    this.#engine.input(Input.Close, this.#closeArguments[0] ?? 1005)
  }

  reconnect(delay: number): void {
    const engine = this.#engine
    const wasClosing = this.#isClosing && !this.#outcome.isOver
    this.#lastUrl = this.url
    if (this.#link?.isGone && this.#outcome.isOver) this.#link = undefined
    this.#outbox.renew()
    this.#outcome.goOn()
    this.#isClosing = false
    const hasEnded = !engine.core
    const core = engine.core ?? engine.start(false)
    if (wasClosing) this.#askToClose()
    engine.input(Input.Reconnect, delay)
    if (hasEnded) {
      this.#outbox.queue.sizes().forEach((bytes) => core.send(bytes))
      this.#watch()
    }
    // What is sent from now on is for the next attempt.
    if (this.#link && core.state() === State.Closing) this.#link.isLeaving = true
    engine.schedule()
  }

  takeUnsent(): Payload[] {
    return this.ended ? this.#outbox.queue.take() : []
  }

  stats(): Stats {
    const since = this.#link?.openedAt
    return this.#counters.stats(this.#engine.core, since !== undefined && this.readyState === 1 ? now() - since : undefined)
  }

  // What the platform's socket says. It calls the listeners itself, between `closed` and `closeSeen` and after the others.

  opened(): void {
    this.#link!.openedAt = now()
    this.#counters.opened++
    this.#engine.input(Input.Opened)
    this.#engine.pump()
  }

  admit({ data }: MessageEvent): boolean {
    const counters = this.#counters
    counters.messagesReceived++
    counters.unitsReceived += lengthOf(data)
    this.#engine.received = true
    if (!this.#isReply?.(data)) return true
    this.#engine.input(Input.Answered)
    this.#engine.schedule()
    return false
  }

  errored(): void {
    this.#link!.errored()
  }

  closed(event: CloseEvent): void {
    this.#link!.closed(event)
    this.#outcome.closed(event)
    this.gone()
  }

  closeSeen(): void {
    if (!this.#outcome.seen()) return
    this.#outcome.finished(this.#engine.core!)
    this.#engine.pump()
  }

  /** Informs the machine that the attempt is over. */
  gone(): void {
    const engine = this.#engine
    const { closeEvent, hasFailed } = this.#link!
    if (this.#isClosing) this.#askToClose()
    // Without an error and with a code of the peer's, its Close frame came, however TCP ended after that.
    if (hasFailed || !closeEvent || closeEvent.code === 1006) engine.input(Input.Failed)
    else engine.input(Input.Closed, closeEvent.code, 1)
    engine.pump()
  }

  // What the machine wants done

  mustWait(isMidway: boolean): boolean {
    const link = this.#link
    return this.#outcome.isHeldUp || (!isMidway && !!link?.hasFailed && !link.isGone)
  }

  given(): number {
    return this.#counters.unitsSent
  }

  buffered(): number {
    return this.#link?.buffered() ?? 0
  }

  waking(): void {
    if (this.#isClosing) this.#askToClose()
  }

  carryOut(output: Output, core: Core): void {
    const link = this.#link
    const { queue } = this.#outbox
    switch (output) {
      case Output.Dial:
        return this.#redial()
      case Output.Transmit:
        return core.handle(Input.Transmitted, link?.flush(queue) ?? queue.length)
      case Output.Heartbeat:
        return this.#sendHeartbeat()
      case Output.Mark:
        return core.handle(Input.Mark, this.buffered(), this.given())
      case Output.Close:
        return guarded(() => link?.socket?.close(...(this.#isClosing ? this.#closeArguments : ([core.value(0)] as [number]))))
      case Output.Abort:
        // The listeners of one that is gone are still being called.
        return link?.isGone ? undefined : link?.detach()
      case Output.AskRetry:
        return core.handle(Input.RetryAnswer, +!!this.#settings.shouldReconnect!(this.#outcome.closeEventOf(link!, core)))
      case Output.NotifyOpen:
        return this.#target.opened()
      case Output.NotifyError:
        return this.#outcome.failed(core.value(0) as Failure, link!)
      case Output.NotifyClose:
        this.#lastUrl = this.url
        return this.#outcome.finish(link!, core, () => (this.#link = undefined))
      case Output.NotifyEnd:
        return this.#end(REASONS[core.value(0)]!)
      case Output.NotifyDrain:
        // After the listeners of the event in which the queue left, such as `open`.
        setTimeout(() => this.ended || this.#target.dispatch(new Event('drain')))
        return
      case Output.NotifyLatency:
        return this.#target.dispatch(new LatencyEvent(core.value(0)))
    }
  }

  #redial(): void {
    try {
      this.#dialNext()
    } catch (error) {
      this.#link!.fail(error)
    }
    this.#target.dispatch(new Event('connecting'))
  }

  #sendHeartbeat(): void {
    // Past the queue, which may be long.
    guarded(() => {
      const data = this.#link?.isOpen ? this.#settings.heartbeat!.message() : undefined
      if (data !== undefined) this.#link!.send(data)
    })
  }

  #end(reason: EndReason): void {
    const { core } = this.#engine
    if (core) this.#counters.keep(core)
    this.#engine.stop()
    leave(this)
    this.#settings.signal?.removeEventListener('abort', this.#abort)
    this.#outcome.end(reason, this.#outbox.queue.length)
  }

  // What the page says

  page(news: News): void {
    if (this.#settings.pauseWhileHidden) {
      if (news === Page.Visible) news = Page.Thawed
      else if (news === HIDDEN || isHidden()) news = Page.Frozen
    }
    if (news === HIDDEN || !this.#engine.core) return
    this.#engine.input(Input.Page, news)
    this.#engine.pump()
  }
}

function notOpen(data: Data): DOMException {
  // What cannot be sent at all is the first complaint.
  plain(data)
  return new DOMException('homing: still in CONNECTING state', 'InvalidStateError')
}
