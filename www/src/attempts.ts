// One socket after another: the machine decides, this carries it out.
//
// The first one is dialled before the machine is loaded, and until then, or for good where there is nothing to decide,
// what the platform does is right. A message never waits for the machine, nor does it pass through it.

import { Failure, Page, Todo, What, type Core } from './core.js'
import { Engine, type Executor } from './engine.js'
import { LatencyEvent } from './events.js'
import { Link } from './link.js'
import { guarded, report } from './listeners.js'
import type { Settings } from './options.js'
import { Outbox } from './outbox.js'
import { isHidden, leave, visit, type Visitor } from './page.js'
import { Story, type Face } from './story.js'
import { Tally } from './tally.js'
import type { EndReason } from './types.js'

const REASONS: readonly EndReason[] = ['closed', 'fatal', 'exhausted', 'declined']

export abstract class Attempts implements Visitor, Executor {
  protected readonly settings: Settings
  protected readonly face: Face
  protected readonly engine: Engine
  protected readonly outbox: Outbox
  protected readonly story: Story
  protected readonly tally = new Tally()
  /** The platform decides everything. */
  protected isBare: boolean
  /** Another attempt may follow, for all that is known before the machine is loaded. */
  protected mayComeBack: boolean
  protected link: Link | undefined
  protected lastUrl = ''
  protected arrivesAs: BinaryType = 'blob'
  /** `close` was called. */
  protected isClosing = false
  protected closeArguments: [code?: number, reason?: string] = []

  constructor(settings: Settings, face: Face) {
    this.settings = settings
    this.face = face
    this.engine = new Engine(settings.config, this)
    this.outbox = new Outbox(settings, this.engine)
    this.story = new Story(face)
    this.isBare = settings.bare
    this.mayComeBack = settings.config.maxAttempts !== 0
  }

  /** Dials for the first time, and throws what the platform's constructor throws. */
  dial(): void {
    if (this.settings.signal?.aborted) {
      this.isClosing = true
      this.engine.stop()
      queueMicrotask(() => {
        if (this.isClosing) this.end('closed')
      })
      return
    }
    this.dialNext()
    this.live()
  }

  protected dialNext(): void {
    this.link = new Link(this.settings, this.tally, this.face)
    this.link.dial(() => this.arrivesAs)
  }

  protected live(): void {
    const { heartbeat } = this.settings
    this.heed()
    if (this.settings.bare) return
    visit(this)
    if (heartbeat?.inWorker) this.engine.keepAwake()
    this.engine.with(() => {})
  }

  /** Listens to the signal, if it does not do so already. */
  protected heed(): void {
    this.settings.signal?.addEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => this.close(1000)

  /** The URL last dialled. */
  get url(): string {
    return this.link?.socket?.url ?? this.lastUrl
  }

  /** Closes for good. */
  abstract close(code?: number, reason?: string): void

  mustWait(isMidway: boolean): boolean {
    const link = this.link
    return this.story.isHeldUp || (!isMidway && !!link?.hasFailed && !link.isGone)
  }

  given(): number {
    return this.tally.unitsSent
  }

  buffered(): number {
    return this.link?.buffered() ?? 0
  }

  waking(): void {
    if (this.isClosing) this.tellClose()
  }

  catchUp(core: Core): void {
    const link = this.link!
    const isOpen = link.openedAt !== undefined
    if (isOpen) {
      core.handle(What.Opened, 0, 0, link.openedAt)
      core.poll()
    }
    this.outbox.queue.sizes().forEach((bytes) => core.send(bytes))
    if (isOpen && this.isClosing) this.tellClose()
    if (link.isGone) this.gone()
    this.#restIfHidden()
  }

  revived(core: Core): void {
    this.outbox.queue.sizes().forEach((bytes) => core.send(bytes))
    this.live()
    this.#restIfHidden()
  }

  #restIfHidden(): void {
    if (this.settings.pauseWhileHidden && isHidden()) this.page(Page.Hidden)
  }

  /** Without the machine there is no coming back, which nobody should have to guess. */
  orphaned(error: unknown): void {
    this.isBare = true
    this.mayComeBack = false
    this.story.note(error)
    report(new Error('homing: its module could not be loaded, so nothing reconnects', { cause: error }))
    const link = this.link
    if (this.story.ended) return
    this.outbox.isAlone = true
    if (!link) this.endBare()
    else if (link.isOpen) {
      link.flush(this.outbox.queue)
      if (this.isClosing) link.socket!.close(...this.closeArguments)
    } else if (link.isGone) {
      if (link.closeEvent) this.endBare()
      else this.lost()
    }
  }

  carryOut(todo: Todo, core: Core): void {
    const link = this.link
    switch (todo) {
      case Todo.Dial:
        return this.#redial()
      case Todo.Transmit:
        return core.handle(What.Transmitted, link?.flush(this.outbox.queue) ?? this.outbox.queue.length)
      case Todo.Beat:
        return this.#beat()
      case Todo.Mark:
        return core.handle(What.Mark, this.buffered(), this.given())
      case Todo.Close:
        return guarded(() => (this.isClosing ? link?.socket?.close(...this.closeArguments) : link?.socket?.close(core.value(0))))
      case Todo.Abort:
        // One that is gone is being told of.
        return link?.isGone ? undefined : link?.part()
      case Todo.Judge:
        return core.handle(What.Verdict, +this.#judge(core))
      case Todo.TellOpen:
        return this.face.opened()
      case Todo.TellError:
        return this.story.failed(core.value(0), link!)
      case Todo.TellClose:
        return this.#finish(core)
      case Todo.TellEnd:
        return this.end(REASONS[core.value(0)]!)
      case Todo.TellDrain:
        // After the listeners of the event in which the queue left, such as `open`: not before that is known.
        setTimeout(() => this.story.ended || this.face.dispatch(new Event('drain')))
        return
      case Todo.TellLatency:
        return this.face.dispatch(new LatencyEvent(core.value(0)))
    }
  }

  protected tellClose(): void {
    this.engine.input(What.Close, this.closeArguments[0] ?? 1005)
  }

  #redial(): void {
    try {
      this.dialNext()
    } catch (error) {
      this.link?.fail(error)
    }
    this.face.dispatch(new Event('connecting'))
  }

  #beat(): void {
    // Past the queue, which may be long.
    guarded(() => {
      const data = this.link?.isOpen ? this.settings.heartbeat!.message() : undefined
      if (data !== undefined) this.link!.send(data)
    })
  }

  #judge(core: Core): boolean {
    const event = this.story.closeEventOf(this.link!, core)
    return !!this.settings.shouldReconnect!(event)
  }

  #finish(core: Core): void {
    this.lastUrl = this.url
    this.story.finish(this.link!, core, () => (this.link = undefined))
  }

  protected endBare(): void {
    this.end(this.isClosing ? 'closed' : 'exhausted')
  }

  protected end(reason: EndReason): void {
    const { core } = this.engine
    if (core) this.tally.keep(core)
    this.engine.stop()
    leave(this)
    this.settings.signal?.removeEventListener('abort', this.#abort)
    this.story.end(reason, this.outbox.queue.length)
  }

  /** The attempt is over without a close event. */
  lost(): void {
    if (this.engine.core || !this.isBare) return this.gone()
    const link = this.link!
    // Its close event may still come.
    link.part()
    this.story.lost(link)
    if (this.story.isOver) this.endBare()
  }

  /** Tells the machine that the attempt is over. */
  protected gone(): void {
    const engine = this.engine
    if (!engine.core) return
    const { closeEvent: told, hasFailed } = this.link!
    if (this.isClosing) this.tellClose()
    // Without an error and with a code of the peer's, its Close frame came, however TCP ended after that.
    if (hasFailed || !told || told.code === 1006) engine.input(What.Failed, Failure.Opaque)
    else engine.input(What.Closed, told.code, 1)
    engine.pump()
  }

  // What the page tells

  page(news: Page): void {
    if (!this.engine.core) return
    if (this.settings.pauseWhileHidden) {
      if (news === Page.Visible) news = Page.Thawed
      else if (news === Page.Hidden || isHidden()) news = Page.Frozen
    }
    if (news === Page.Hidden) return
    this.engine.input(What.Page, news)
    this.engine.pump()
  }
}
