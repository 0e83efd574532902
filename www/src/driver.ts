// Drives one client: the machine decides, this carries it out on the platform's sockets.
//
// The first socket is dialled before the machine is loaded, and until then, or for good where there is nothing to decide,
// what the platform does is right. A message never waits for the machine, nor does it pass through it.

import { now, Timer } from './clock.js'
import { Core, Failure, Page, Sent, State, Todo, What, type Exports } from './core.js'
import { closeEvent, EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent } from './events.js'
import { Link, type LinkOwner } from './link.js'
import { guarded, report, type Type } from './listeners.js'
import { load } from './load.js'
import type { Settings } from './options.js'
import { isHidden, leave, visit, type Visitor } from './page.js'
import { lengthOf, Queue, sizeOf, snapshot, type Data, type Payload } from './queue.js'
import { Tally } from './tally.js'
import type { ClientState, ClosedInfo, EndReason, Stats } from './types.js'
import { Alarm } from './worker.js'

/** How often to look at the browser's buffer while somebody waits for room in it: no event tells. */
const LOOK_EVERY = 16

const REASONS: readonly EndReason[] = ['closed', 'fatal', 'exhausted', 'declined']
const STATES: readonly ClientState[] = ['connecting', 'open', 'closing', 'waiting', 'closed']
const FAILURES = ['the connection failed', 'open timeout', 'heartbeat timeout', 'cannot be dialled'] as const

/** The socket that the page knows. */
export interface Face {
  /** An event of a platform's socket. */
  deliver(type: Type, event: Event): void
  /** Any other event. */
  dispatch(event: Event): void
  /** An event of a platform's socket that the page sees before it is delivered. */
  adopt(event: Event): void
  opened(): void
  ended(info: ClosedInfo): void
}

export class Driver implements LinkOwner, Visitor {
  readonly #settings: Settings
  readonly #face: Face
  readonly #queue = new Queue()
  readonly #tally = new Tally()
  readonly #timer = new Timer(() => this.#wake())
  readonly #look = new Timer(() => this.#lookAtBuffer())
  readonly #isReply: ((data: unknown) => boolean) | undefined
  #alarm: Alarm | undefined

  #core: Core | undefined
  /** What has to wait until the machine is loaded. */
  #waiting: (() => void)[] = []
  /** The platform decides everything. */
  #bare: boolean
  #pumping = false
  #scheduled = false
  /** Something arrived that the machine does not know of yet. */
  #heard = false

  #link: Link | undefined
  #openEvent: Event | undefined
  #startedAt = now()
  #url = ''
  #binaryType: BinaryType = 'blob'
  /** `close` was called. */
  #closing = false
  #closeArguments: [code?: number, reason?: string] = []
  /** The last close event was told, and no attempt follows. */
  #over = false
  #ended: ClosedInfo | undefined
  #lastClose: CloseEvent | undefined
  #lastError: unknown
  #retries = 0
  #full = false
  /** Bytes of what was sent after the end, which goes nowhere, as `bufferedAmount` tells. */
  #discarded = 0

  /** Dials at once, and throws what the platform's constructor throws. */
  constructor(settings: Settings, face: Face) {
    this.#settings = settings
    this.#face = face
    this.#bare = settings.bare
    this.#isReply = settings.heartbeat?.isReply
    if (settings.signal?.aborted) {
      this.#closing = true
      queueMicrotask(() => this.#end('closed'))
      return
    }
    this.#dial()
    this.#live()
  }

  // What the page asks for

  get readyState(): number {
    if (this.#over) return 3
    const native = this.#link?.socket?.readyState
    if (this.#closing) return native === 3 ? 3 : 2
    // Whether another attempt follows is not known before the machine is loaded.
    if (native === 3 && !this.#core && !this.#bare) return 0
    return native ?? 0
  }

  get state(): ClientState {
    if (this.#over) return 'closed'
    return this.#core && !this.#closing ? STATES[this.#core.state()]! : STATES[this.readyState]!
  }

  get ended(): ClosedInfo | undefined {
    return this.#ended
  }

  get url(): string {
    return this.#link?.socket?.url ?? this.#url
  }

  get protocol(): string {
    return this.#link?.socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.#link?.socket?.extensions ?? ''
  }

  get bufferedAmount(): number {
    return (this.#link?.socket?.bufferedAmount ?? 0) + this.#queue.bytes + this.#discarded
  }

  get binaryType(): BinaryType {
    return this.#binaryType
  }

  set binaryType(type: BinaryType) {
    this.#binaryType = type
    if (this.#link?.socket) this.#link.socket.binaryType = type
  }

  send(data: Data): void {
    const link = this.#link
    const { queue, config } = this.#settings
    if (!queue) {
      if (this.readyState === 0) throw notOpen()
      if (link?.socket) link.send(data)
      else this.#discarded += sizeOf(snapshot(data))
    } else if (this.#closing || this.#over) {
      // As the browser does: it goes nowhere, and `bufferedAmount` tells.
      if (link?.socket) link.socket.send(data as string)
      else this.#discarded += sizeOf(snapshot(data))
    } else if (link?.isOpen && this.#queue.length === 0 && link.hasRoom(data, config.maxSendBuffer)) {
      link.send(data)
    } else {
      this.#enqueue(snapshot(data))
    }
  }

  close(code?: number, reason?: string): void {
    if (this.#over || this.#closing) return
    this.#closing = true
    this.#closeArguments = reason !== undefined ? [code, reason] : code !== undefined ? [code] : []
    const link = this.#link
    const socket = link?.socket
    if (socket && (socket.readyState === 0 || this.#queue.length === 0)) socket.close(...this.#closeArguments)
    // While it connects the platform has the say: it tells an error and a close event in a moment.
    if (this.#core && !(socket && link.openedAt === undefined && !link.isGone)) {
      this.#tellClose()
      this.#schedule()
    } else if (link && !socket && !link.isGone) {
      link.abandon()
    }
  }

  reconnect(delay: number): void {
    this.#withCore(() => {
      const core = this.#core!
      if (this.#ended) this.#revive(core)
      else if (this.#closing) this.#tellClose()
      this.#closing = this.#over = false
      if (this.#link?.isGone) this.#link = undefined
      this.#input(What.Reconnect, delay)
      if (this.#ended) this.#queue.sizes().forEach((bytes) => core.send(bytes))
      this.#ended = undefined
      this.#schedule()
    })
  }

  takeUnsent(): Payload[] {
    return this.#ended ? this.#queue.take() : []
  }

  stats(): Stats {
    const since = this.#link?.openedAt
    return this.#tally.stats(this.#core, since !== undefined && this.readyState === 1 ? now() - since : undefined)
  }

  #enqueue(payload: Payload): void {
    const { maxSendBuffer } = this.#settings.config
    const buffered = this.#link?.buffered() ?? 0
    const bytes = sizeOf(payload)
    let isFull: boolean
    if (this.#core) {
      if (this.#link?.isOpen) this.#input(What.Buffered, buffered)
      isFull = this.#core.send(bytes) === Sent.Full
    } else {
      isFull = this.#queue.bytes + buffered >= maxSendBuffer
    }
    if (isFull) {
      throw new DOMException(`homing: the send buffer is full (maxSendBuffer: ${maxSendBuffer})`, 'QuotaExceededError')
    }
    this.#queue.push(payload, bytes)
    this.#schedule()
  }

  // What the platform's socket tells

  opened(event: Event): void {
    this.#retries = 0
    if (this.#core) {
      this.#openEvent = event
      this.#input(What.Opened)
      return this.#pump()
    }
    this.#tellOpen(event)
    this.#link?.flush(this.#queue)
  }

  arrived(event: MessageEvent): void {
    const { data } = event
    const tally = this.#tally
    tally.messagesReceived++
    tally.unitsReceived += lengthOf(data)
    this.#heard = true
    const isReply = this.#isReply
    if (isReply && guarded(() => isReply(data), false)) {
      if (!this.#core) return
      this.#input(What.Answered)
      this.#pump()
    } else {
      this.#face.deliver('message', event)
    }
  }

  errored(): void {
    if (this.#bare && !this.#core) this.#tellFailure()
  }

  gone(): void {
    const link = this.#link!
    if (this.#core) {
      if (this.#closing) this.#tellClose()
      const { errorEvent, closeEvent: told } = link
      // Without an error and with a code of the peer's, its Close frame came, however TCP ended after that.
      if (errorEvent || !told || told.code === 1006) this.#input(What.Failed, Failure.Opaque)
      else this.#input(What.Closed, told.code, 1)
      this.#pump()
    } else if (this.#bare) {
      this.#tellFailure()
      this.#over = true
      this.#tellClosed(link.closeEvent ?? closeEvent(1006, false), link)
      this.#end(this.#closing ? 'closed' : 'exhausted')
    }
  }

  // What the page tells

  page(news: Page): void {
    if (!this.#core) return
    if (this.#settings.pauseWhileHidden) {
      if (news === Page.Visible) news = Page.Thawed
      else if (news === Page.Hidden || isHidden()) news = Page.Frozen
    }
    if (news === Page.Hidden) return
    this.#input(What.Page, news)
    this.#pump()
  }

  readonly #abort = (): void => this.close(1000)

  // The machine

  #live(): void {
    this.#settings.signal?.addEventListener('abort', this.#abort)
    if (this.#bare) return
    visit(this)
    if (this.#settings.heartbeat?.inWorker) this.#alarm ??= new Alarm(() => this.#wake())
    this.#withCore(() => {})
  }

  /** Now, or when the machine is loaded. */
  #withCore(act: () => void): void {
    if (this.#core) return act()
    this.#waiting.push(act)
    if (this.#waiting.length > 1) return
    load().then(
      (exports) => this.#start(exports),
      (error: unknown) => this.#orphan(error),
    )
  }

  #start(exports: Exports): void {
    const at = this.#ended ? now() : this.#startedAt
    this.#core = new Core(exports, this.#settings.config, at)
    if (!this.#ended) this.#catchUp(this.#core)
    const waiting = this.#waiting
    this.#waiting = []
    waiting.forEach((act) => act())
    this.#pump()
  }

  /** Tells the machine what happened without it. */
  #catchUp(core: Core): void {
    // It was dialled, and the open event told.
    core.poll()
    const link = this.#link!
    if (link.openedAt !== undefined) {
      core.handle(What.Opened, 0, 0, link.openedAt)
      core.poll()
      if (this.#closing) this.#tellClose()
    }
    this.#queue.sizes().forEach((bytes) => core.send(bytes))
    if (link.isGone) this.gone()
    else if (this.#settings.pauseWhileHidden && isHidden()) this.page(Page.Hidden)
  }

  /** Without the machine there is no coming back, which nobody should have to guess. */
  #orphan(error: unknown): void {
    this.#waiting = []
    this.#bare = true
    this.#lastError = error
    report(new Error('homing: its module could not be loaded, so nothing reconnects', { cause: error }))
    if (this.#link?.isGone && !this.#ended) this.gone()
  }

  /** Begins anew after the end. A machine dials at once; this one shall wait until it is told to. */
  #revive(core: Core): void {
    core.handle(What.Close, 1000)
    while (core.poll() !== Todo.Nothing);
    this.#lastError = undefined
    this.#retries = 0
    this.#live()
  }

  #input(what: What, a = 0, b = 0): void {
    const core = this.#core!
    if (this.#heard) {
      this.#heard = false
      core.handle(What.Heard)
    }
    core.handle(what, a, b)
  }

  #tellClose(): void {
    this.#input(What.Close, this.#closeArguments[0] ?? 1005)
  }

  #wake(): void {
    if (!this.#core) return
    if (this.#closing) this.#tellClose()
    this.#input(What.Wake)
    this.#pump()
  }

  #lookAtBuffer(): void {
    if (!this.#core || !this.#link) return
    this.#input(What.Buffered, this.#link.buffered())
    this.#pump()
  }

  /** What the page asked for is carried out when it has gone on: callbacks never nest. */
  #schedule(): void {
    if (this.#scheduled || this.#pumping) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  /** Carries out whatever is to be done. */
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    for (;;) {
      const core = this.#core
      const todo = core ? core.poll() : Todo.Nothing
      if (todo === Todo.Nothing) break
      this.#carryOut(todo, core!)
    }
    this.#pumping = false
    this.#arm()
  }

  #arm(): void {
    const core = this.#core
    if (!core) return
    const delay = this.#timer.arm(core.deadline())
    if (delay !== undefined) this.#alarm?.arm(delay)
    const watches = this.#full || core.state() === State.Closing
    this.#look.arm(watches && this.#link && this.#link.buffered() > 0 ? now() + LOOK_EVERY : Infinity)
  }

  #carryOut(todo: Todo, core: Core): void {
    const link = this.#link
    switch (todo) {
      case Todo.Dial:
        return this.#redial()
      case Todo.Transmit:
        return core.handle(What.Transmitted, link?.flush(this.#queue) ?? this.#queue.length, link?.buffered())
      case Todo.Beat:
        return this.#beat()
      case Todo.Close:
        return this.#closing ? link?.socket?.close(...this.#closeArguments) : link?.socket?.close(core.value(0))
      case Todo.Abort:
        return link?.part()
      case Todo.Judge:
        return core.handle(What.Verdict, +this.#judge(core))
      case Todo.TellOpen:
        return this.#tellOpen(this.#openEvent!)
      case Todo.TellError:
        return this.#tellFailure(FAILURES[core.value(0)])
      case Todo.TellClose:
        return this.#finish(core)
      case Todo.TellEnd:
        return this.#end(REASONS[core.value(0)]!)
      case Todo.TellFull:
        this.#full = true
        return
      case Todo.TellDrain:
        this.#full = false
        return this.#face.dispatch(new Event('drain'))
      case Todo.TellLatency:
        return this.#face.dispatch(new LatencyEvent(core.value(0)))
    }
  }

  #dial(): void {
    this.#link = new Link(this.#settings, this.#tally, this)
    this.#link.dial(() => this.#binaryType)
  }

  #redial(): void {
    try {
      this.#dial()
    } catch (error) {
      this.#link?.fail(error)
    }
  }

  #beat(): void {
    const { message } = this.#settings.heartbeat!
    // Past the queue, which may be long.
    guarded(() => {
      if (this.#link?.isOpen) this.#link.send(typeof message === 'function' ? message() : message)
    }, undefined)
  }

  /** The present attempt's close event, made here if it was given up. */
  #closeEvent(core: Core, link: Link | undefined): CloseEvent {
    const event = link?.closeEvent ?? closeEvent(core.value(0), core.value(1) > 0)
    if (link) link.closeEvent = event
    return event
  }

  #judge(core: Core): boolean {
    const event = this.#closeEvent(core, this.#link)
    if (event.target) this.#face.adopt(event)
    return guarded(() => this.#settings.shouldReconnect!(event), true)
  }

  // What the page is told

  #tellOpen(event: Event): void {
    this.#face.opened()
    this.#face.deliver('open', event)
  }

  /** Tells the attempt's error event; makes one where there is none, if something is known of it. */
  #tellFailure(why?: string): void {
    const link = this.#link!
    const event = link.errorEvent ?? (why === undefined ? undefined : new FailureEvent(new Error(`homing: ${why}`)))
    link.errorEvent = undefined
    if (event instanceof FailureEvent) {
      this.#lastError = event.error
      this.#face.dispatch(event)
    } else if (event) {
      this.#face.deliver('error', event)
    }
  }

  #tellClosed(event: CloseEvent, { isTold }: { isTold: boolean }): void {
    this.#lastClose = event
    if (isTold) this.#face.deliver('close', event)
    else this.#face.dispatch(event)
  }

  /** The attempt is over, and what follows is decided. */
  #finish(core: Core): void {
    const link = this.#link!
    const { isTold } = link
    const event = this.#closeEvent(core, link)
    const retries = core.value(2) >= 0
    // What the platform told counts, even where the machine has nothing to say of it.
    this.#tellFailure()
    link.part()
    this.#url = this.url
    if (retries) this.#link = undefined
    else this.#over = true
    this.#tellClosed(event, { isTold })
    const until = core.deadline()
    if (core.state() !== State.Waiting || until === Infinity) return
    this.#retries++
    this.#face.dispatch(new ReconnectingEvent(Math.max(0, until - now()), this.#retries, event))
  }

  #end(reason: EndReason): void {
    if (this.#core) {
      this.#tally.keep(this.#core)
      this.#core.free()
      this.#core = undefined
    }
    this.#timer.clear()
    this.#look.clear()
    this.#alarm?.release()
    this.#alarm = undefined
    leave(this)
    this.#settings.signal?.removeEventListener('abort', this.#abort)
    this.#full = false
    this.#over = true
    const unsent = this.#queue.length
    this.#ended = { reason, unsent, cause: this.#lastClose, error: this.#lastError }
    this.#face.ended(this.#ended)
    this.#face.dispatch(new EndEvent(this.#ended))
  }
}

function notOpen(): DOMException {
  return new DOMException('homing: still in CONNECTING state', 'InvalidStateError')
}
