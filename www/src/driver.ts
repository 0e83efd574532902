// Drives one client: what the page asks for, and what the platform's sockets tell.

import { Attempts } from './attempts.js'
import { now } from './clock.js'
import { checkClose } from './closing.js'
import { State, What } from './core.js'
import type { Ears } from './listeners.js'
import { lengthOf, plain, type Data, type Payload } from './queue.js'
import type { ClientState, ClosedInfo, Stats } from './types.js'

const STATES: readonly ClientState[] = ['connecting', 'open', 'closing', 'waiting', 'closed']

export class Driver extends Attempts implements Ears {
  readonly #isReply = this.settings.heartbeat?.isReply

  // What the page asks for

  get readyState(): number {
    if (this.story.isOver) return 3
    const native = this.link?.socket?.readyState
    if (this.isClosing) return native === 3 ? 3 : 2
    if (native === 3 && !this.engine.core && this.mayComeBack) return 0
    return native ?? 0
  }

  get state(): ClientState {
    if (this.story.isOver) return 'closed'
    const { core } = this.engine
    return core && !this.isClosing ? STATES[core.state()]! : STATES[this.readyState]!
  }

  get ended(): ClosedInfo | undefined {
    return this.story.ended
  }

  get protocol(): string {
    return this.link?.socket?.protocol ?? ''
  }

  get extensions(): string {
    return this.link?.socket?.extensions ?? ''
  }

  get bufferedAmount(): number {
    return (this.link?.socket?.bufferedAmount ?? 0) + this.outbox.bytes
  }

  get binaryType(): BinaryType {
    return this.arrivesAs
  }

  set binaryType(type: BinaryType) {
    if (this.link?.socket) this.link.socket.binaryType = type
    this.arrivesAs = type
  }

  send(data: Data): void {
    const link = this.link
    if (!this.settings.queue) {
      if (this.readyState === 0) throw notOpen(data)
      if (link?.socket) link.send(data)
      else this.outbox.discard(data)
    } else if (this.isClosing || this.story.isOver) {
      // As the browser does: it goes nowhere, and `bufferedAmount` tells. A socket that is open still has a queue to send.
      if (link?.socket && link.socket.readyState > 1) link.socket.send(data as string)
      else this.outbox.discard(data)
    } else {
      this.outbox.send(data, link)
    }
  }

  close(code?: number, reason?: string): void {
    const link = this.link
    const socket = link?.socket
    const said: [code?: number, reason?: string] = reason !== undefined ? [code, reason] : code !== undefined ? [code] : []
    // The platform's socket knows best what it takes. It must wait, though, for what is queued.
    const isQueued = link?.isOpen && this.outbox.queue.length > 0
    const { isForeign } = this.settings
    if (!socket || isQueued || isForeign) checkClose(code, reason, isForeign)
    if (socket && !isQueued) socket.close(...said)
    if (this.story.isOver || this.isClosing) return
    this.isClosing = true
    this.closeArguments = said
    // While it connects the platform has the say: it tells an error and a close event in a moment.
    if (this.engine.core && !(socket && link.openedAt === undefined && !link.isGone)) {
      this.tellClose()
      this.engine.schedule()
    } else if (link && !socket && !link.isGone) {
      link.abandon()
    }
  }

  reconnect(delay: number): void {
    const engine = this.engine
    const wasClosing = this.isClosing && !this.story.isOver
    this.lastUrl = this.url
    // A machine that is yet to come has to hear of it, and one that is there may still have to tell of it.
    if (this.link?.isGone && (engine.core ? this.story.isOver : this.ended)) this.link = undefined
    // From now on there is something to decide.
    this.isBare = false
    this.mayComeBack = true
    this.outbox.renew()
    this.story.goOn()
    this.isClosing = false
    this.heed()
    engine.with(() => {
      if (wasClosing) this.tellClose()
      engine.input(What.Reconnect, delay)
      // What is sent from now on is for the next attempt.
      if (this.link && engine.core!.state() === State.Closing) this.link.isLeaving = true
      if (this.isClosing) this.tellClose()
      engine.schedule()
    })
  }

  takeUnsent(): Payload[] {
    return this.ended ? this.outbox.queue.take() : []
  }

  stats(): Stats {
    const since = this.link?.openedAt
    return this.tally.stats(this.engine.core, since !== undefined && this.readyState === 1 ? now() - since : undefined)
  }

  // What the platform's socket tells. The listeners are called by it, between `closed` and `told` and after the others.

  opened(): void {
    const link = this.link!
    link.openedAt = now()
    this.tally.opened++
    if (this.engine.core) {
      this.engine.input(What.Opened)
      this.engine.pump()
    } else {
      this.face.opened()
      link.flush(this.outbox.queue)
    }
  }

  admit({ data }: MessageEvent): boolean {
    const tally = this.tally
    tally.messagesReceived++
    tally.unitsReceived += lengthOf(data)
    const engine = this.engine
    engine.heard = true
    const isReply = this.#isReply
    if (!isReply?.(data)) return true
    if (engine.core) {
      engine.input(What.Answered)
      engine.schedule()
    }
    return false
  }

  errored(): void {
    this.link!.errored()
  }

  closed(event: CloseEvent): void {
    const isBare = this.isBare && !this.engine.core
    this.link!.closed(event)
    this.story.closed(event, () => this.told())
    this.story.isOver = isBare
    this.gone()
  }

  told(): void {
    if (!this.story.wasTold()) return
    const { core } = this.engine
    if (core) {
      this.story.finished(core)
      this.engine.pump()
    } else if (this.isBare && this.story.isOver) this.endBare()
  }
}

function notOpen(data: Data): DOMException {
  // What cannot be sent at all is the first complaint.
  plain(data)
  return new DOMException('homing: still in CONNECTING state', 'InvalidStateError')
}
