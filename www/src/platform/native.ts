// Classes that React Native lacks, in some versions or all. Its build always uses them in place of global names, since an event of
// one implementation cannot be dispatched on a target of another.

type Callback = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }

interface EventInit {
  bubbles?: boolean
  cancelable?: boolean
  composed?: boolean
}

interface Listener {
  readonly callback: Callback
  readonly capture: boolean
  readonly once: boolean
  readonly passive: boolean
  isRemoved: boolean
  /** Removes the listener of its signal. */
  forget(): void
}

interface AddOptions {
  capture?: boolean
  once?: boolean
  passive?: boolean
  signal?: AbortSignal | undefined
}

/** The state of an event, which only targets change. */
interface Flags {
  target: EventTarget | null
  currentTarget: EventTarget | null
  isPrevented: boolean
  isStopped: boolean
  isPassive: boolean
}

const flagsOf = new WeakMap<Event, Flags>()
const flags = (event: Event): Flags => flagsOf.get(event)!

const { performance: clock } = globalThis as { performance?: { now(): number } }
export const performance = clock ?? { now: () => Date.now() }

/** An event as in the DOM standard, without a tree: it has at most one target. */
export class Event {
  readonly type: string
  readonly bubbles: boolean
  readonly cancelable: boolean
  readonly composed: boolean
  readonly timeStamp = performance.now()
  readonly isTrusted = false

  constructor(type: string, init?: EventInit) {
    if (arguments.length === 0) throw new TypeError('Event: 1 argument required, but only 0 present')
    this.type = `${type}`
    this.bubbles = !!init?.bubbles
    this.cancelable = !!init?.cancelable
    this.composed = !!init?.composed
    flagsOf.set(this, { target: null, currentTarget: null, isPrevented: false, isStopped: false, isPassive: false })
  }

  get target(): EventTarget | null {
    return flags(this).target
  }

  get currentTarget(): EventTarget | null {
    return flags(this).currentTarget
  }

  get eventPhase(): number {
    return this.currentTarget ? 2 : 0
  }

  get defaultPrevented(): boolean {
    return flags(this).isPrevented
  }

  preventDefault(): void {
    if (this.cancelable && !flags(this).isPassive) flags(this).isPrevented = true
  }

  /** Does nothing, since there is no tree. */
  stopPropagation(): void {}

  stopImmediatePropagation(): void {
    flags(this).isStopped = true
  }

  composedPath(): EventTarget[] {
    const { currentTarget } = this
    return currentTarget ? [currentTarget] : []
  }
}

/** A message event. */
export class MessageEvent extends Event {
  readonly data: unknown
  readonly origin: string
  readonly lastEventId: string

  constructor(type: string, init: EventInit & { data?: unknown; origin?: string; lastEventId?: string } = {}) {
    super(type, init)
    this.data = init.data ?? null
    this.origin = init.origin ?? ''
    this.lastEventId = init.lastEventId ?? ''
  }
}

/** A close event. */
export class CloseEvent extends Event {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean

  constructor(type: string, init: EventInit & { code?: number; reason?: string; wasClean?: boolean } = {}) {
    super(type, init)
    this.code = init.code ?? 0
    this.reason = init.reason ?? ''
    this.wasClean = !!init.wasClean
  }
}

const listenersOf = new WeakMap<EventTarget, Map<string, Listener[]>>()

/** An event target as in the DOM standard. */
export class EventTarget {
  constructor() {
    listenersOf.set(this, new Map())
  }

  addEventListener(type: string, callback: Callback | null, options?: AddOptions | boolean): void {
    const given = asOptions(options)
    const { signal } = given
    if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
      throw new TypeError('addEventListener: signal is not an AbortSignal')
    }
    if (!isCallback(callback) || signal?.aborted) return
    const all = listenersOf.get(this)!
    const list = all.get(`${type}`) ?? []
    const capture = !!given.capture
    if (find(list, callback, capture)) return
    const abort = (): void => this.removeEventListener(type, callback, capture)
    const listener: Listener = {
      callback,
      capture,
      once: !!given.once,
      passive: !!given.passive,
      isRemoved: false,
      forget: () => signal?.removeEventListener('abort', abort),
    }
    // A copy, since a dispatch may be iterating over the list.
    all.set(`${type}`, [...list, listener])
    signal?.addEventListener('abort', abort, { once: true })
  }

  removeEventListener(type: string, callback: Callback | null, options?: AddOptions | boolean): void {
    if (!isCallback(callback)) return
    const all = listenersOf.get(this)!
    const list = all.get(`${type}`) ?? []
    const listener = find(list, callback, !!asOptions(options).capture)
    if (!listener) return
    listener.isRemoved = true
    listener.forget()
    all.set(
      `${type}`,
      list.filter((other) => other !== listener),
    )
  }

  dispatchEvent(event: Event): boolean {
    const state = flagsOf.get(event)
    if (!state) throw new TypeError('dispatchEvent: not an event of this package, which is what there is in React Native')
    if (state.currentTarget) throw new DOMException('The event is already being dispatched', 'InvalidStateError')
    state.target = state.currentTarget = this
    const list = listenersOf.get(this)!.get(event.type) ?? []
    for (const listener of [...list.filter(({ capture }) => capture), ...list.filter(({ capture }) => !capture)]) {
      if (state.isStopped) break
      if (listener.isRemoved) continue
      if (listener.once) this.removeEventListener(event.type, listener.callback, listener.capture)
      state.isPassive = listener.passive
      call(this, listener.callback, event)
    }
    state.currentTarget = null
    state.isStopped = state.isPassive = false
    return !state.isPrevented
  }
}

function call(target: EventTarget, callback: Callback, event: Event): void {
  try {
    if (typeof callback === 'function') callback.call(target, event)
    else callback.handleEvent(event)
  } catch (error) {
    console.error(error)
  }
}

function isCallback(callback: Callback | null): callback is Callback {
  if (callback === null || callback === undefined) return false
  if (typeof callback === 'function' || typeof callback === 'object') return true
  throw new TypeError('the listener is neither a function nor an object')
}

function asOptions(options: AddOptions | boolean | undefined): AddOptions {
  return typeof options === 'object' && options ? options : { capture: !!options }
}

function find(list: readonly Listener[], callback: Callback, capture: boolean): Listener | undefined {
  return list.find((known) => known.callback === callback && known.capture === capture)
}

const CODES: Record<string, number> = { InvalidStateError: 11, SyntaxError: 12, InvalidAccessError: 15, QuotaExceededError: 22 }

class NamedError extends Error {
  readonly code: number

  constructor(message = '', name = 'Error') {
    super(message)
    this.name = name
    this.code = CODES[name] ?? 0
  }
}

/** The platform's class if it has one, since only errors are made of it. */
export const DOMException = (globalThis as { DOMException?: typeof NamedError }).DOMException ?? NamedError
