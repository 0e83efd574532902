// The machine at work: what happened goes in, what it wants done is carried out, and timers wake it.

import { now, soon, Timer } from '../platform/clock.js'
import { currentContext } from '../platform/context.js'
import { WorkerTimer } from '../platform/worker.js'
import { type Config, Input, Output, State } from './codes.js'
import { Core } from './core.js'

/** How often to look at the browser's buffer while closing: no event says that something left. */
const LOOK_EVERY = 16

/** What carries it out. */
export interface Executor {
  /** Whether something else comes first: a close event that is on its way to the listeners or, before anything was
   * carried out, one that is about to come. */
  mustWait(isMidway: boolean): boolean
  carryOut(output: Output, core: Core): void
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
  readonly #look = new Timer(() => this.#input(Input.Buffered, this.#executor.buffered()))
  /** Everything is carried out where the client was made: neither zones nor stores of the program change with its calls. */
  readonly #run = currentContext()
  #workerTimer: WorkerTimer | undefined
  #pumping = false
  #scheduled = false

  /** Undefined after the end. */
  core: Core | undefined
  /** Something arrived that the machine does not know of yet. */
  received = false

  constructor(config: Config, executor: Executor) {
    this.#config = config
    this.#executor = executor
  }

  /** A machine that dials at once, or that waits until it is to reconnect. */
  start(dials: boolean): Core {
    return (this.core = new Core(this.#config, dials))
  }

  /** Keeps the heartbeat going where the page's own timers are slowed down. */
  keepAwake(): void {
    this.#workerTimer ??= new WorkerTimer(() => {
      // The page's own timeout, which is late, would keep both from being set anew.
      this.#timer.clear()
      this.wake()
    })
  }

  input(input: Input, a = 0, b = 0): void {
    const core = this.core!
    if (this.received) {
      this.received = false
      core.handle(Input.Received)
    }
    core.handle(input, a, b)
  }

  #input(input: Input, a: number, b = 0): void {
    if (!this.core) return
    this.input(input, a, b)
    this.pump()
  }

  wake(): void {
    if (this.core) this.#executor.waking()
    this.#input(Input.Wake, this.#executor.buffered(), this.#executor.given())
  }

  /** What the page asked for is carried out when it has gone on: callbacks never nest. */
  schedule(): void {
    if (this.#scheduled || this.#pumping) return
    this.#scheduled = true
    soon(() => {
      this.#scheduled = false
      this.pump()
    })
  }

  /** Carries out whatever is to be done. */
  pump(): void {
    if (!this.#pumping && !this.#executor.mustWait(false)) this.#run(this.#pump)
  }

  readonly #pump = (): void => {
    this.#pumping = true
    while (this.core && !this.#executor.mustWait(true)) {
      const output = this.core.poll()
      if (output === Output.Nothing) break
      this.#executor.carryOut(output, this.core)
    }
    this.#pumping = false
    this.#arm()
  }

  /** Sets the timers for what is due next. */
  #arm(): void {
    const core = this.core
    if (!core) return
    const delay = this.#timer.arm(core.deadline())
    if (delay !== undefined) this.#workerTimer?.arm(delay)
    const isClosing = core.state() === State.Closing
    this.#look.arm(isClosing && this.#executor.buffered() > 0 ? now() + LOOK_EVERY : Infinity)
  }

  /** The end, until the next `start`. */
  stop(): void {
    this.core?.free()
    this.core = undefined
    this.#timer.clear()
    this.#look.clear()
    this.#workerTimer?.release()
    this.#workerTimer = undefined
  }
}
