// The listeners of a client.
//
// Each listener is added twice: to the program's `EventTarget`, for events dispatched there, and to the platform's socket of the
// current attempt, which calls it with its own events.

import { currentZone, type Run } from '../platform/context.js'
import { adapt, silence } from './adapt.js'
import type { Observer } from './observer.js'
import { type Facade, retarget, setFacade } from './retarget.js'

/** The events of a platform's socket. */
export type Type = 'open' | 'message' | 'error' | 'close'

type Callback = EventListenerOrEventListenerObject

interface Listener {
  readonly callback: Callback
  readonly options: { readonly capture: boolean; readonly passive: boolean | undefined }
  /** The listener added to the program's target. */
  readonly own: (event: Event) => void
  /** The listener added to the platform's socket. */
  readonly handed: (event: Event) => void
  /** The zone in which it was added. */
  readonly zone: Run | undefined
  /** Removes the listener of its signal, if it has one. */
  readonly forget: (() => void) | undefined
}

/** Shared by all types without listeners, and the options of most listeners, since every client has some. */
const NONE: readonly Listener[] = []
const DEFAULTS = { capture: false, passive: undefined }

// Its methods are looked up at each call, since zone.js replaces them.
const { prototype } = EventTarget

export class Listeners {
  readonly #target: EventTarget
  #observer!: Observer
  readonly #facade: Facade
  /** The arrays are replaced, as one that grows would have room for more. */
  readonly #lists: Record<Type, readonly Listener[]> = { open: NONE, message: NONE, error: NONE, close: NONE }
  readonly #handlers: Partial<Record<Type, Handler>> = {}
  /** The platform's socket of the current attempt. */
  #socket: EventTarget | undefined
  /** The last event that it has dispatched, other than a message. */
  #event: Event | undefined
  /** The last message, and whether it was admitted. */
  #message: Event | undefined
  #isAdmitted = true

  constructor(target: EventTarget) {
    this.#target = target
    // `#seen`, the last listener, is not called then.
    this.#facade = { target, stopped: (event) => void setTimeout(() => this.#seen(event)) }
  }

  /** Adds all listeners to the socket of an attempt. */
  attach(socket: WebSocket): void {
    if (!(socket instanceof EventTarget)) return adapt(socket, this.#target, this.#observer)
    this.#socket = socket
    this.#event = undefined
    setFacade(socket, this.#facade)
    this.#eachInternal((type, listener) => socket.addEventListener(type, listener))
    this.#each((type, { handed, options, zone }) => {
      const attach = (): void => socket.addEventListener(type, handed, options)
      if (zone) zone(attach)
      else attach()
    })
    socket.addEventListener('open', this.#seen)
    socket.addEventListener('close', this.#seen)
  }

  /** Removes all listeners from a socket. */
  detach(socket: WebSocket): void {
    if (!(socket instanceof EventTarget)) return silence(socket)
    if (this.#socket === socket) this.#socket = undefined
    this.#eachInternal((type, listener) => socket.removeEventListener(type, listener))
    this.#each((type, { handed, options }) => socket.removeEventListener(type, handed, options))
    socket.removeEventListener('open', this.#seen)
    socket.removeEventListener('close', this.#seen)
  }

  /** Sets what the platform's sockets inform of their events. */
  observe(observer: Observer): void {
    this.#observer = observer
  }

  /** Dispatches an event that the platform's socket does not dispatch. */
  dispatch(event: Event): void {
    prototype.dispatchEvent.call(this.#target, event)
  }

  #eachInternal(act: (type: Type, listener: (event: Event) => void) => void): void {
    act('open', this.#observe)
    act('error', this.#observe)
    act('close', this.#observe)
    if (this.#lists.message.length === 0) act('message', this.#admit)
  }

  /** Observes another event. Listeners of the program that capture are called before the internal one, so each calls this. */
  readonly #observe = (event: Event): void => {
    if (event === this.#event) return
    retarget(event)
    this.#event = event
    if (event.type === 'open') this.#observer.opened()
    else if (event.type === 'error') this.#observer.errored()
    else this.#observer.closed(event as CloseEvent)
  }

  /**
   * Observes a message. There is no internal listener for messages if the program has one: to avoid another call for each message,
   * the program's first listener calls this.
   */
  readonly #admit = (event: Event): boolean => {
    if (event === this.#message) return this.#isAdmitted
    retarget(event)
    this.#message = event
    return (this.#isAdmitted = this.#observer.admit(event as MessageEvent))
  }

  /** The last listener of the events `open` and `close`. May be called again. */
  readonly #seen = ({ type }: Event): void => {
    if (type === 'open') this.#observer.openSeen()
    if (type === 'close') this.#observer.closeSeen()
  }

  #each(act: (type: Type, listener: Listener) => void): void {
    for (const [type, list] of Object.entries(this.#lists)) list.forEach((listener) => act(type as Type, listener))
  }

  add(type: string, callback: Callback | null, options?: AddEventListenerOptions | boolean): void {
    const list = this.#listOf(type)
    // The platform refuses or ignores these itself.
    if (!list || (typeof callback !== 'object' && typeof callback !== 'function') || !callback) {
      return prototype.addEventListener.call(this.#target, type, callback, options)
    }
    const given = typeof options === 'object' && options ? options : { capture: !!options }
    const { once, passive, signal } = given
    const capture = !!given.capture
    if (find(list, callback, capture)) return
    const call = (event: Event): void => {
      if (once) this.#drop(type as Type, listener)
      if (typeof callback === 'function') callback.call(this.#target, event)
      else if (typeof callback.handleEvent === 'function') callback.handleEvent(event)
      else complain(callback)
    }
    const admit = this.#admit
    const handed =
      type === 'message'
        ? (event: Event): void => void (admit(event) && call(event))
        : (event: Event): void => {
            this.#observe(event)
            // It may stop the event by `stopPropagation` or `cancelBubble`.
            if (capture) this.#facade.stopped(event)
            if (type !== 'open' || !this.#observer.dispatchesOpen) call(event)
          }
    const abort = signal && ((): void => this.#drop(type as Type, listener))
    const listener: Listener = {
      callback,
      options: capture || passive !== undefined ? { capture, passive } : DEFAULTS,
      own: call,
      handed,
      zone: currentZone(),
      forget: abort && (() => signal.removeEventListener('abort', abort)),
    }
    // First, since it checks the signal.
    prototype.addEventListener.call(
      this.#target,
      type,
      call,
      'signal' in given ? { ...listener.options, signal } : listener.options,
    )
    if (signal?.aborted) return
    if (abort) signal.addEventListener('abort', abort, { once: true })
    this.#lists[type as Type] = [...this.#lists[type as Type], listener]
    const socket = this.#socket
    if (!socket) return
    socket.addEventListener(type, handed, listener.options)
    if (type === 'message') socket.removeEventListener(type, admit)
    if ((type !== 'open' && type !== 'close') || type === this.#event?.type) return
    // It must remain the last listener. During the event itself it stays: browsers would not call it then.
    socket.removeEventListener(type, this.#seen)
    socket.addEventListener(type, this.#seen)
  }

  remove(type: string, callback: Callback | null, options?: EventListenerOptions | boolean): void {
    const list = this.#listOf(type)
    const capture = typeof options === 'object' && options ? !!options.capture : !!options
    const listener = list && find(list, callback, capture)
    if (listener) this.#drop(type as Type, listener)
    else prototype.removeEventListener.call(this.#target, type, callback, options)
  }

  #listOf(type: string): readonly Listener[] | undefined {
    return Object.hasOwn(this.#lists, type) ? this.#lists[type as Type] : undefined
  }

  #drop(type: Type, listener: Listener): void {
    const list = this.#lists[type]
    if (!list.includes(listener)) return
    const others = list.filter((other) => other !== listener)
    this.#lists[type] = others
    listener.forget?.()
    prototype.removeEventListener.call(this.#target, type, listener.own, listener.options)
    this.#socket?.removeEventListener(type, listener.handed, listener.options)
    if (type === 'message' && others.length === 0) this.#socket?.addEventListener(type, this.#admit)
  }

  /** Returns the value of an `on...` attribute. */
  handler(type: Type): unknown {
    return this.#handlers[type]?.value ?? null
  }

  /** Sets an `on...` attribute. It keeps its place among the listeners from when it was first set. */
  setHandler(type: Type, value: unknown): void {
    const handler = (this.#handlers[type] ??= new Handler(this.#target))
    const before = handler.value
    handler.value = (typeof value === 'object' || typeof value === 'function') && value ? value : null
    handler.zone = currentZone()
    if (!before && handler.value) this.add(type, handler.callback)
    else if (before && !handler.value) this.remove(type, handler.callback)
  }
}

function find(list: readonly Listener[], callback: Callback | null, capture: boolean): Listener | undefined {
  return list.find((known) => known.callback === callback && known.options.capture === capture)
}

/** Lets the platform report that an object has no `handleEvent`; not all platforms do. */
function complain(callback: Callback): void {
  const target = new EventTarget()
  target.addEventListener('x', callback)
  target.dispatchEvent(new Event('x'))
}

/** The value of an `on...` attribute, and the listener that calls it. */
class Handler {
  value: object | null = null
  /** The zone in which it was set. */
  zone: Run | undefined
  readonly callback: (event: Event) => void

  constructor(target: EventTarget) {
    this.callback = (event) => {
      const { value, zone } = this
      if (typeof value !== 'function') return
      const answer: unknown = zone ? zone(() => value.call(target, event) as unknown) : value.call(target, event)
      if (answer === false) event.preventDefault()
    }
  }
}
