// Drives one client: the machine decides, this carries it out on the platform's sockets.
//
// The first socket is dialled before the machine is loaded, and until then, or for good where there is nothing to decide,
// what the platform does is right. A message never waits for the machine, nor does it pass through it.

import { now, Timer } from './clock.js'
import { checkClose } from './closing.js'
import { Core, Failure, Page, Sent, State, Todo, What, type Exports } from './core.js'
import { closeEvent, EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent } from './events.js'
import { Link, type LinkOwner } from './link.js'
import { guarded, report, type Ears } from './listeners.js'
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
export interface Face extends LinkOwner {
  /** Tells an event that no platform's socket tells. */
  dispatch(event: Event): void
  opened(): void
  ended(info: ClosedInfo): void
}

export class Driver implements Ears, Visitor {
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
  /** Its end is being told, or was. */
  #finished: Link | undefined
  #isTold = false
  /** Set while the listeners are being told of the close event. */
  #telling: ReturnType<typeof setTimeout> | undefined
  /** Undefined after the end. */
  #startedAt: number | undefined = now()
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

  constructor(settings: Settings, face: Face) {
    this.#settings = settings
    this.#face = face
    this.#bare = settings.bare
    this.#isReply = settings.heartbeat?.isReply
  }

  /** Dials for the first time, and throws what the platform's constructor throws. */
  dial(): void {
    if (this.#settings.signal?.aborted) {
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
    const link = this.#link
    const socket = link?.socket
    const said: [code?: number, reason?: string] = reason !== undefined ? [code, reason] : code !== undefined ? [code] : []
    // The platform's socket knows best what it takes. It must wait, though, for what is queued.
    const isQueued = link?.isOpen && this.#queue.length > 0
    if (socket && !isQueued) socket.close(...said)
    else checkClose(code, reason)
    if (this.#over || this.#closing) return
    this.#closing = true
    this.#closeArguments = said
    // While it connects the platform has the say: it tells an error and a close event in a moment.
    if (this.#core && !(socket && link.openedAt === undefined && !link.isGone)) {
      this.#tellClose()
      this.#schedule()
    } else if (link && !socket && !link.isGone) {
      link.abandon()
    }
  }

  reconnect(delay: number): void {
    const wasClosing = this.#closing && !this.#over
    this.#url = this.url
    if (this.#link?.isGone) this.#link = undefined
    if (this.#ended) {
      this.#lastError = undefined
      this.#retries = 0
    }
    this.#ended = undefined
    this.#closing = this.#over = false
    this.#withCore(() => {
      if (wasClosing) this.#tellClose()
      this.#input(What.Reconnect, delay)
      // What is sent from now on is for the next attempt.
      if (this.#link && this.#core!.state() === State.Closing) this.#link.isLeaving = true
      if (this.#closing) this.#tellClose()
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

  // What the platform's socket tells. The listeners are called by it, between `closed` and `told` and after the others.

  opened(): void {
    const link = this.#link!
    link.openedAt = now()
    this.#retries = 0
    this.#tally.opened++
    if (this.#core) {
      this.#input(What.Opened)
      this.#pump()
    } else {
      this.#face.opened()
      link.flush(this.#queue)
    }
  }

  admit({ data }: MessageEvent): boolean {
    const tally = this.#tally
    tally.messagesReceived++
    tally.unitsReceived += lengthOf(data)
    this.#heard = true
    const isReply = this.#isReply
    if (!isReply || !guarded(() => isReply(data), false)) return true
    if (this.#core) {
      this.#input(What.Answered)
      this.#schedule()
    }
    return false
  }

  errored(): void {
    this.#link!.errored()
  }

  closed(event: CloseEvent): void {
    const link = this.#link!
    const isBare = this.#bare && !this.#core
    link.closed(event)
    this.#lastClose = event
    this.#over = isBare
    // Somebody may stop the event on its way.
    this.#telling = setTimeout(() => this.told())
    this.#gone()
  }

  told(): void {
    if (this.#telling === undefined) return
    clearTimeout(this.#telling)
    this.#telling = undefined
    if (this.#core) this.#afterClose(this.#core)
    else if (this.#bare) this.#endBare()
  }

  /** The attempt is over without a close event. */
  lost(): void {
    if (this.#core || !this.#bare) return this.#gone()
    const { failure, hasFailed } = this.#link!
    this.#over = true
    if (!hasFailed) this.#face.dispatch(failure ? new FailureEvent(failure) : new Event('error'))
    this.#lastClose = closeEvent(1006, false)
    this.#face.dispatch(this.#lastClose)
    this.#endBare()
  }

  #endBare(): void {
    this.#end(this.#closing ? 'closed' : 'exhausted')
  }

  /** Tells the machine that the attempt is over. */
  #gone(): void {
    if (!this.#core) return
    const { closeEvent: told, hasFailed } = this.#link!
    if (this.#closing) this.#tellClose()
    // Without an error and with a code of the peer's, its Close frame came, however TCP ended after that.
    if (hasFailed || !told || told.code === 1006) this.#input(What.Failed, Failure.Opaque)
    else this.#input(What.Closed, told.code, 1)
    this.#pump()
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
    const core = (this.#core = new Core(exports, this.#settings.config, this.#startedAt ?? now()))
    const waiting = this.#waiting
    this.#waiting = []
    if (this.#startedAt === undefined) {
      // It begins anew. A machine dials at once; this one shall wait until it is told to.
      core.handle(What.Close, 1000)
      while (core.poll() !== Todo.Nothing);
      this.#startedAt = now()
      waiting.forEach((act) => act())
      this.#queue.sizes().forEach((bytes) => core.send(bytes))
      this.#live()
    } else {
      this.#catchUp(core)
      waiting.forEach((act) => act())
    }
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
    if (link.isGone) this.#gone()
    else if (this.#settings.pauseWhileHidden && isHidden()) this.page(Page.Hidden)
  }

  /** Without the machine there is no coming back, which nobody should have to guess. */
  #orphan(error: unknown): void {
    this.#waiting = []
    this.#bare = true
    this.#lastError = error
    report(new Error('homing: its module could not be loaded, so nothing reconnects', { cause: error }))
    const link = this.#link
    if (!link?.isGone || this.#ended) return
    if (link.closeEvent) this.#endBare()
    else this.lost()
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
    // A close event that is being told, or is about to come, is told first.
    const link = this.#link
    if (this.#pumping || this.#isTold || (link?.hasFailed && !link.isGone)) return
    this.#pumping = true
    while (!this.#isTold) {
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
        // One that is gone is being told of.
        return link?.isGone ? undefined : link?.part()
      case Todo.Judge:
        return core.handle(What.Verdict, +this.#judge(core))
      case Todo.TellOpen:
        return this.#face.opened()
      case Todo.TellError:
        return this.#tellFailure(core.value(0))
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
    this.#link = new Link(this.#settings, this.#tally, this.#face)
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
    return guarded(() => this.#settings.shouldReconnect!(event), true)
  }

  // What the page is told

  /** Tells why the attempt failed, unless the platform has done so: of a connection that breaks it tells the close only. */
  #tellFailure(kind: Failure): void {
    const link = this.#link!
    const { failure, hasFailed } = link
    if (hasFailed) return
    link.hasFailed = true
    this.#lastError = failure ?? new Error(`homing: ${FAILURES[kind]}`)
    if (kind === Failure.Opaque && !failure && link.closeEvent) return
    this.#face.dispatch(new FailureEvent(this.#lastError as Error))
  }

  /** The attempt is over, and what follows is decided. */
  #finish(core: Core): void {
    const link = this.#link!
    const isNative = link.closeEvent !== undefined && this.#lastClose === link.closeEvent
    const event = (this.#lastClose = this.#closeEvent(core, link))
    this.#url = this.url
    const retries = core.value(2) >= 0
    if (!retries) this.#over = true
    this.#finished = link
    if (retries) this.#link = undefined
    this.#isTold = this.#telling !== undefined
    if (this.#isTold) return
    if (!isNative) this.#face.dispatch(event)
    this.#afterClose(core)
  }

  /** Everyone was told of the close event. */
  #afterClose(core: Core): void {
    this.#isTold = false
    this.#finished?.part()
    this.#finished = undefined
    const until = core.deadline()
    if (core.state() === State.Waiting && until !== Infinity) {
      this.#retries++
      this.#face.dispatch(new ReconnectingEvent(Math.max(0, until - now()), this.#retries, this.#lastClose!))
    }
    this.#pump()
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
    this.#startedAt = undefined
    const unsent = this.#queue.length
    this.#ended = { reason, unsent, cause: this.#lastClose, error: this.#lastError }
    this.#face.ended(this.#ended)
    this.#face.dispatch(new EndEvent(this.#ended))
  }
}

function notOpen(): DOMException {
  return new DOMException('homing: still in CONNECTING state', 'InvalidStateError')
}
