// Runs the machine: passes events to it, carries out its outputs, and sets its timers.

import { now, soon, Timer } from '../platform/clock.js'
import { currentContext } from '../platform/context.js'
import { guarded } from '../platform/report.js'
import { WorkerTimer } from '../platform/worker.js'
import { type Config, Input, Output, type Page, State } from './codes.js'
import { Core } from './core.js'

/** Milliseconds between checks of the browser's buffer while closing, since no event reports that data has left. */
const LOOK_EVERY = 16

/** Carries out the outputs of the machine. */
export interface Executor {
  /**
   * Returns whether outputs must wait for an open or close event whose listeners are being called or, unless `isMidway`, for a
   * close event that is about to be dispatched.
   */
  mustWait(isMidway: boolean): boolean
  /** Carries out one output. */
  carryOut(output: Output, core: Core): void
  /** Returns the bytes in the platform's buffer. */
  buffered(): number
  /** Returns the bytes that the platform's buffer was given; see `Input.Wake`. */
  given(): number
  /** Called before the machine is woken or notified of a change of the page. */
  waking(): void
}

export class Engine {
  readonly #config: Config
  readonly #executor: Executor
  readonly #timer = new Timer(() => this.wake())
  #look: Timer | undefined
  /** Outputs are carried out in the context in which the client was created, whatever the context of the caller. */
  readonly #context = currentContext()
  #workerTimer: WorkerTimer | undefined
  #pumping = false
  #scheduled = false

  /** Undefined after the client has ended. */
  core: Core | undefined
  /** Whether a message was received that is not reported to the machine yet. */
  received = false

  constructor(config: Config, executor: Executor) {
    this.#config = config
    this.#executor = executor
  }

  /** Creates a machine that starts an attempt or, if `dials` is false, waits for `Input.Reconnect`. */
  start(dials: boolean): Core {
    return (this.core = new Core(this.#config, dials))
  }

  /** Uses a timer in a worker as well, for pages in the background, whose timers are throttled. */
  keepAwake(): void {
    this.#workerTimer ??= new WorkerTimer(() => {
      // The page's timeout, which is late, would keep both timers from being set again.
      this.#timer.clear()
      this.wake()
    })
  }

  /** Passes an event to the machine, after the message that was received before it. */
  input(input: Input, a = 0, b = 0): void {
    const core = this.core!
    if (this.received) {
      this.received = false
      core.handle(Input.Received)
    }
    core.handle(input, a, b)
  }

  #input(input: Input, a = 0, b = 0): void {
    if (!this.core) return
    this.input(input, a, b)
    this.pump()
  }

  /** Reports a change of the page. */
  page(change: Page): void {
    // A machine that knows nothing of a close would wait until a frozen page is back.
    if (this.core) this.#executor.waking()
    this.#input(Input.Page, change)
  }

  /** Lets the machine check its deadlines. */
  wake(): void {
    if (this.core) this.#executor.waking()
    this.#input(Input.Wake, this.#executor.buffered(), this.#executor.given())
  }

  /** Carries out outputs in a microtask, so that callbacks are not nested in calls of the program. */
  schedule(): void {
    if (this.#scheduled || this.#pumping) return
    this.#scheduled = true
    soon(() => {
      this.#scheduled = false
      this.pump()
    })
  }

  /** Carries out all outputs, unless they must wait. */
  pump(): void {
    if (this.#pumping || this.#executor.mustWait(false)) return
    if (this.#context) this.#context(() => this.#pump())
    else this.#pump()
  }

  #pump(): void {
    this.#pumping = true
    while (this.core && !this.#executor.mustWait(true)) {
      const output = this.core.poll()
      if (output === Output.Nothing) break
      // A class given by the program may throw anywhere, which must not stop the client.
      guarded(() => this.#executor.carryOut(output, this.core!))
    }
    this.#pumping = false
    this.arm()
  }

  /** Sets the timers to the next deadline. */
  arm(): void {
    const core = this.core
    if (!core) return
    const deadline = core.deadline()
    const delay = this.#timer.arm(deadline)
    if (delay !== undefined) this.#workerTimer?.arm(delay)
    // Without a deadline, no progress is needed to extend it.
    if (deadline < Infinity && core.state() === State.Closing && this.#executor.buffered() > 0) {
      this.#look ??= new Timer(() => this.#input(Input.Buffered, this.#executor.buffered()))
      this.#look.arm(now() + LOOK_EVERY)
    } else this.#look?.clear()
  }

  /** Frees the machine and stops the timers, until the next `start`. */
  stop(): void {
    this.core?.free()
    this.core = undefined
    this.#timer.clear()
    this.#look?.clear()
    this.#workerTimer?.release()
    this.#workerTimer = undefined
  }
}
