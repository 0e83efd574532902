// Who listens to a socket, and in which order they are called.
//
// Each listener is known twice: to the platform's own `EventTarget`, which serves what is dispatched on the socket
// itself, and here, for events of the platform's sockets, which are handed on and not dispatched again.

import { Handing } from './handing.js'

/** What a platform's socket dispatches. */
export type Type = 'open' | 'message' | 'error' | 'close'

type Callback = EventListenerOrEventListenerObject

interface Listener {
  readonly callback: Callback
  readonly capture: boolean
  readonly once: boolean
  /** What the platform calls, and we do. */
  readonly call: (event: Event) => void
  removed: boolean
}

/** Never changed, only replaced: who is being called meanwhile goes on with the old one. */
interface List {
  capture: readonly Listener[]
  bubble: readonly Listener[]
}

const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype

export class Listeners {
  readonly #target: EventTarget
  readonly #handing: Handing
  readonly #lists: Record<Type, List> = { open: empty(), message: empty(), error: empty(), close: empty() }
  readonly #handlers: Partial<Record<Type, Handler>> = {}

  constructor(target: EventTarget) {
    this.#target = target
    this.#handing = new Handing(target)
  }

  add(type: string, callback: Callback | null, options?: AddEventListenerOptions | boolean): void {
    const list = this.#listOf(type)
    // What the platform would refuse or ignore it shall.
    if (!list || (typeof callback !== 'object' && typeof callback !== 'function') || !callback) {
      return add.call(this.#target, type, callback, options)
    }
    const given = typeof options === 'object' && options ? options : { capture: !!options }
    const { once, passive, signal } = given
    const capture = !!given.capture
    const side = capture ? 'capture' : 'bubble'
    if (list[side].some((known) => known.callback === callback)) return
    const listener: Listener = {
      callback,
      capture,
      once: !!once,
      call: (event) => {
        if (listener.once) this.#drop(type, list, listener)
        if (typeof callback === 'function') return void callback.call(this.#target, event)
        callback.handleEvent(event)
      },
      removed: false,
    }
    // First, as it checks the signal.
    add.call(this.#target, type, listener.call, 'signal' in given ? { capture, passive, signal } : { capture, passive })
    if (signal?.aborted) return
    signal?.addEventListener('abort', () => this.#drop(type, list, listener), { once: true })
    list[side] = [...list[side], listener]
  }

  remove(type: string, callback: Callback | null, options?: EventListenerOptions | boolean): void {
    const list = this.#listOf(type)
    const capture = typeof options === 'object' && options ? !!options.capture : !!options
    const listener = list?.[capture ? 'capture' : 'bubble'].find((known) => known.callback === callback)
    if (list && listener) this.#drop(type, list, listener)
    else remove.call(this.#target, type, callback, options)
  }

  #listOf(type: string): List | undefined {
    return Object.hasOwn(this.#lists, type) ? this.#lists[type as Type] : undefined
  }

  #drop(type: string, list: List, listener: Listener): void {
    const side = listener.capture ? 'capture' : 'bubble'
    listener.removed = true
    list[side] = list[side].filter((known) => known !== listener)
    remove.call(this.#target, type, listener.call, listener.capture)
  }

  /** An `on...` attribute. */
  handler(type: Type): unknown {
    return this.#handlers[type]?.value ?? null
  }

  /** Sets an `on...` attribute; it keeps the place in the order that it got when it was first set. */
  setHandler(type: Type, value: unknown): void {
    const handler = (this.#handlers[type] ??= new Handler(this.#target))
    const before = handler.value
    handler.value = (typeof value === 'object' || typeof value === 'function') && value ? value : null
    if (!before && handler.value) this.add(type, handler.callback)
    else if (before && !handler.value) this.remove(type, handler.callback)
  }

  /** Makes an event of the platform's socket one of the target's, before it is delivered. */
  adopt(event: Event): void {
    this.#handing.adopt(event)
  }

  /** Calls everyone with an event of the platform's socket. */
  deliver(type: Type, event: Event): void {
    const list = this.#lists[type]
    if (list.capture.length + list.bubble.length === 0) {
      // It may be seen elsewhere, as the cause of something.
      if (type === 'close') this.#handing.adopt(event)
      return
    }
    const handing = this.#handing
    handing.begin(event)
    if (list.capture.length > 0) {
      this.#call(list.capture, event)
      if (event.cancelBubble) return handing.end()
    }
    this.#call(list.bubble, event)
    handing.end()
  }

  #call(listeners: readonly Listener[], event: Event): void {
    for (let i = 0; i < listeners.length; i++) {
      const listener = listeners[i]!
      if (listener.removed) continue
      try {
        listener.call(event)
      } catch (error) {
        report(error)
      }
      if (this.#handing.stopped) return
    }
  }
}

/** The value of an `on...` attribute, and the listener that stands for it. */
class Handler {
  value: object | null = null
  readonly callback: (event: Event) => void

  constructor(target: EventTarget) {
    this.callback = (event) => {
      if (typeof this.value !== 'function') return
      if ((this.value as (event: Event) => unknown).call(target, event) === false) event.preventDefault()
    }
  }
}

/** An exception of a listener is the page's, not ours: it is told like any other that nobody caught. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else
    queueMicrotask(() => {
      throw error
    })
}

/** Calls what the page gave. */
export function guarded<T>(act: () => T, otherwise: T): T {
  try {
    return act()
  } catch (error) {
    report(error)
    return otherwise
  }
}

function empty(): List {
  return { capture: [], bubble: [] }
}
