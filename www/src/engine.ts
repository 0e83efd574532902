// The machine at work: loading it, telling it what happened, carrying out what it wants, and waking it.

import { now, Timer } from './clock.js'
import { Core, State, Todo, What, type Config, type Exports } from './core.js'
import { load } from './load.js'
import { Alarm } from './worker.js'

/** How often to look at the browser's buffer while closing: no event tells that something left. */
const LOOK_EVERY = 16

/** Who carries it out. */
export interface Executor {
  /** Whether something else is told first: a close event that is on its way to the listeners or, before anything was
   * carried out, one that is about to come. */
  mustWait(isMidway: boolean): boolean
  carryOut(todo: Todo, core: Core): void
  /** The machine is there, while an attempt is. It shall hear what happened without it. */
  catchUp(core: Core): void
  /** The machine is there anew, and has been told nothing yet. */
  revived(core: Core): void
  /** There will be no machine. */
  orphaned(error: unknown): void
  /** Bytes in the platform's buffer. */
  buffered(): number
  /** How much the sockets were given, ever. */
  given(): number
  /** It is about to be woken. */
  waking(): void
}

export class Engine {
  readonly #config: Config
  readonly #executor: Executor
  readonly #timer = new Timer(() => this.wake())
  readonly #look = new Timer(() => this.#lookAtBuffer())
  #alarm: Alarm | undefined
  /** What has to wait until the machine is loaded. */
  #waiting: (() => void)[] = []
  #pumping = false
  #scheduled = false
  /** Undefined after the end. */
  #startedAt: number | undefined = now()

  core: Core | undefined
  /** Something arrived that the machine does not know of yet. */
  heard = false

  constructor(config: Config, executor: Executor) {
    this.#config = config
    this.#executor = executor
  }

  /** Now, or when the machine is loaded. */
  with(act: () => void): void {
    if (this.core) return act()
    this.#waiting.push(act)
    if (this.#waiting.length > 1) return
    load().then(
      (exports) => this.#start(exports),
      (error: unknown) => {
        this.#waiting = []
        this.#executor.orphaned(error)
      },
    )
  }

  #start(exports: Exports): void {
    const core = (this.core = new Core(exports, this.#config, this.#startedAt ?? now()))
    const waiting = this.#waiting
    this.#waiting = []
    // Nothing is carried out before it has heard everything: what was asked for may change what follows.
    this.#pumping = true
    if (this.#startedAt === undefined) {
      // It begins anew. A machine dials at once; this one shall wait until it is told to.
      core.handle(What.Close, 1000)
      while (core.poll() !== Todo.Nothing);
      this.#startedAt = now()
      waiting.forEach((act) => act())
      this.#executor.revived(core)
    } else {
      // It was dialled, and the open event told.
      core.poll()
      this.#executor.catchUp(core)
      waiting.forEach((act) => act())
    }
    this.#pumping = false
    this.pump()
  }

  /** Keeps the beat where the page's own timers are slowed down. */
  keepAwake(): void {
    this.#alarm ??= new Alarm(() => {
      // The page's own timeout, which is late, would keep both from being set anew.
      this.#timer.clear()
      this.wake()
    })
  }

  input(what: What, a = 0, b = 0): void {
    const core = this.core!
    if (this.heard) {
      this.heard = false
      core.handle(What.Heard)
    }
    core.handle(what, a, b)
  }

  wake(): void {
    if (!this.core) return
    this.#executor.waking()
    this.input(What.Wake, this.#executor.buffered(), this.#executor.given())
    this.pump()
  }

  #lookAtBuffer(): void {
    if (!this.core) return
    this.input(What.Buffered, this.#executor.buffered())
    this.pump()
  }

  /** What the page asked for is carried out when it has gone on: callbacks never nest. */
  schedule(): void {
    if (this.#scheduled || this.#pumping) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.pump()
    })
  }

  /** Carries out whatever is to be done. */
  pump(): void {
    if (this.#pumping || this.#executor.mustWait(false)) return
    this.#pumping = true
    while (!this.#executor.mustWait(true)) {
      const core = this.core
      const todo = core ? core.poll() : Todo.Nothing
      if (todo === Todo.Nothing) break
      this.#executor.carryOut(todo, core!)
    }
    this.#pumping = false
    this.#arm()
  }

  #arm(): void {
    const core = this.core
    if (!core) return
    const delay = this.#timer.arm(core.deadline())
    if (delay !== undefined) this.#alarm?.arm(delay)
    const isClosing = core.state() === State.Closing
    this.#look.arm(isClosing && this.#executor.buffered() > 0 ? now() + LOOK_EVERY : Infinity)
  }

  /** The end, until somebody asks for the machine again. */
  stop(): void {
    this.core?.free()
    this.core = undefined
    this.#timer.clear()
    this.#look.clear()
    this.#alarm?.release()
    this.#alarm = undefined
    this.#startedAt = undefined
  }
}
