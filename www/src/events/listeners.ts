// Who listens to a socket.
//
// Each listener is known twice: to the `EventTarget` that the page knows, for what is dispatched there, and to the
// platform's socket of the present attempt, which calls it with its own events, in its own way.

import { currentZone, type Run } from '../platform/context.js'
import { adapt, silence } from './adapt.js'
import type { Observer } from './observer.js'
import { type Facade, retarget, setFacade } from './retarget.js'

/** What a platform's socket dispatches. */
export type Type = 'open' | 'message' | 'error' | 'close'

type Callback = EventListenerOrEventListenerObject

interface Listener {
  readonly callback: Callback
  readonly options: { readonly capture: boolean; readonly passive: boolean | undefined }
  /** What is called with events of the target's own. */
  readonly own: (event: Event) => void
  /** What is called with events of the platform's socket. */
  readonly handed: (event: Event) => void
  /** Where it was added. */
  readonly zone: Run | undefined
  /** No signal shall remove it any more. */
  readonly forget: () => void
}

// Its methods are looked up when they are called, as zone.js replaces them.
const { prototype } = EventTarget

export class Listeners {
  readonly #target: EventTarget
  readonly #observer: Observer
  readonly #facade: Facade
  readonly #lists: Record<Type, Listener[]> = { open: [], message: [], error: [], close: [] }
  readonly #handlers: Partial<Record<Type, Handler>> = {}
  /** Of the present attempt. */
  #socket: EventTarget | undefined
  /** The last message, and whether it was admitted. */
  #message: Event | undefined
  #isAdmitted = true

  constructor(target: EventTarget, observer: Observer) {
    this.#target = target
    this.#observer = observer
    // The last listener of the close event is then not called.
    this.#facade = { target, stopped: (type) => void (type === 'close' && setTimeout(this.#closeSeen)) }
  }

  /** Listens to the socket of an attempt. */
  attach(socket: WebSocket): void {
    if (!(socket instanceof EventTarget)) return adapt(socket, this.#target, this.#observer)
    this.#socket = socket
    setFacade(socket, this.#facade)
    this.#eachInternal((type, listener) => socket.addEventListener(type, listener))
    this.#each((type, { handed, options, zone }) => {
      const attach = (): void => socket.addEventListener(type, handed, options)
      if (zone) zone(attach)
      else attach()
    })
    socket.addEventListener('close', this.#closeSeen)
  }

  /** Listens to a socket no more. */
  detach(socket: WebSocket): void {
    if (!(socket instanceof EventTarget)) return silence(socket)
    if (this.#socket === socket) this.#socket = undefined
    this.#eachInternal((type, listener) => socket.removeEventListener(type, listener))
    this.#each((type, { handed, options }) => socket.removeEventListener(type, handed, options))
    socket.removeEventListener('close', this.#closeSeen)
  }

  #eachInternal(act: (type: Type, listener: (event: Event) => void) => void): void {
    act('open', this.#opened)
    act('error', this.#errored)
    act('close', this.#closed)
    if (this.#lists.message.length === 0) act('message', this.#admit)
  }

  readonly #opened = (event: Event): void => {
    retarget(event)
    this.#observer.opened()
  }

  /** A message has no head where it has listeners: the first of them does its work, as each one called costs time. */
  readonly #admit = (event: Event): boolean => {
    if (event === this.#message) return this.#isAdmitted
    retarget(event)
    this.#message = event
    return (this.#isAdmitted = this.#observer.admit(event as MessageEvent))
  }

  readonly #errored = (event: Event): void => {
    retarget(event)
    this.#observer.errored()
  }

  readonly #closed = (event: Event): void => {
    retarget(event)
    this.#observer.closed(event as CloseEvent)
  }

  readonly #closeSeen = (): void => this.#observer.closeSeen()

  #each(act: (type: Type, listener: Listener) => void): void {
    for (const [type, list] of Object.entries(this.#lists)) list.forEach((listener) => act(type as Type, listener))
  }

  add(type: string, callback: Callback | null, options?: AddEventListenerOptions | boolean): void {
    const list = this.#listOf(type)
    // What the platform would refuse or ignore it shall.
    if (!list || (typeof callback !== 'object' && typeof callback !== 'function') || !callback) {
      return prototype.addEventListener.call(this.#target, type, callback, options)
    }
    const given = typeof options === 'object' && options ? options : { capture: !!options }
    const { once, passive, signal } = given
    const capture = !!given.capture
    if (find(list, callback, capture)) return
    const call = (event: Event): void => {
      if (once) this.#drop(type as Type, list, listener)
      if (typeof callback === 'function') callback.call(this.#target, event)
      else if (typeof callback.handleEvent === 'function') callback.handleEvent(event)
      else complain(callback)
    }
    const admit = this.#admit
    const handed = type === 'message' ? (event: Event): void => void (admit(event) && call(event)) : call
    const abort = (): void => this.#drop(type as Type, list, listener)
    const forget = (): void => signal?.removeEventListener('abort', abort)
    const listener: Listener = { callback, options: { capture, passive }, own: call, handed, zone: currentZone(), forget }
    // First, as it checks the signal.
    prototype.addEventListener.call(
      this.#target,
      type,
      call,
      'signal' in given ? { ...listener.options, signal } : listener.options,
    )
    if (signal?.aborted) return
    signal?.addEventListener('abort', abort, { once: true })
    list.push(listener)
    const socket = this.#socket
    if (!socket) return
    socket.addEventListener(type, handed, listener.options)
    if (type === 'message') socket.removeEventListener(type, admit)
    if (type !== 'close') return
    // Remains the last.
    socket.removeEventListener(type, this.#closeSeen)
    socket.addEventListener(type, this.#closeSeen)
  }

  remove(type: string, callback: Callback | null, options?: EventListenerOptions | boolean): void {
    const list = this.#listOf(type)
    const capture = typeof options === 'object' && options ? !!options.capture : !!options
    const listener = list && find(list, callback, capture)
    if (listener) this.#drop(type as Type, list, listener)
    else prototype.removeEventListener.call(this.#target, type, callback, options)
  }

  #listOf(type: string): Listener[] | undefined {
    return Object.hasOwn(this.#lists, type) ? this.#lists[type as Type] : undefined
  }

  #drop(type: Type, list: Listener[], listener: Listener): void {
    const index = list.indexOf(listener)
    if (index < 0) return
    list.splice(index, 1)
    listener.forget()
    prototype.removeEventListener.call(this.#target, type, listener.own, listener.options)
    this.#socket?.removeEventListener(type, listener.handed, listener.options)
    if (type === 'message' && list.length === 0) this.#socket?.addEventListener(type, this.#admit)
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
    handler.zone = currentZone()
    if (!before && handler.value) this.add(type, handler.callback)
    else if (before && !handler.value) this.remove(type, handler.callback)
  }
}

function find(list: readonly Listener[], callback: Callback | null, capture: boolean): Listener | undefined {
  return list.find((known) => known.callback === callback && known.options.capture === capture)
}

/** Lets the platform say that an object cannot be called; not all of them do. */
function complain(callback: Callback): void {
  const target = new EventTarget()
  target.addEventListener('x', callback)
  target.dispatchEvent(new Event('x'))
}

/** The value of an `on...` attribute, and the listener that stands for it. */
class Handler {
  value: object | null = null
  /** Where it was set. */
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
