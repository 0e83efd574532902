// Passing on the browser's own events, as if they had been dispatched on the socket that the page knows.
//
// To create and dispatch a second event for each message costs more than everything else here together. So listeners get
// the very event that the browser made, from the browser itself, and only its prototype is another: one per kind of event,
// which inherits from the browser's and names another target.

/** What stands before a platform's socket. */
export interface Facade {
  /** The socket that the page knows. */
  readonly target: EventTarget
  /** A listener keeps an event of this type from those after it. */
  stopped(type: string): void
}

/** A property of the platform's sockets. A `WeakMap` would cost much more time for garbage collection. */
const FACADE = Symbol()

type Backed = { [FACADE]?: Facade }

/** By the prototype that the platform gave: ours. */
const prototypes = new Map<object, object>()

export function setFacade(socket: object, facade: Facade): void {
  ;(socket as Backed)[FACADE] = facade
}

const facadeOf = (target: object | null): Facade | undefined => (target as Backed | null)?.[FACADE]

/** Of the last event: most are messages. */
let last: object | undefined
let lastDerived: object

/** Makes an event of a platform's socket one of the socket that the page knows. Once per event. */
export function retarget(event: Event): void {
  const prototype = Object.getPrototypeOf(event) as object
  if (prototype !== last) {
    lastDerived = prototypes.get(prototype) ?? derive(prototype)
    last = prototype
  }
  Object.setPrototypeOf(event, lastDerived)
}

const TARGETS = ['target', 'srcElement', 'currentTarget', 'originalTarget', 'explicitOriginalTarget']

function derive(prototype: object): object {
  const known = (target: object | null): object | null => facadeOf(target)?.target ?? target
  const derived = Object.create(prototype) as object
  for (const name of TARGETS) {
    const native = getterOf(prototype, name)
    if (!native) continue
    const get = function (this: Event): unknown {
      return known(native.call(this) as object | null)
    }
    Object.defineProperty(derived, name, { get, enumerable: true, configurable: true })
  }
  if ('composedPath' in prototype) {
    const value = function composedPath(this: Event): unknown[] {
      return (prototype as Event).composedPath.call(this).map(known)
    }
    Object.defineProperty(derived, 'composedPath', { value, enumerable: true, configurable: true, writable: true })
  }
  if ('stopImmediatePropagation' in prototype) {
    // Not `currentTarget`, which Node forgets after the first listener. There is no tree, so both are the same.
    const target = getterOf(prototype, 'target')
    const value = function stopImmediatePropagation(this: Event): void {
      ;(prototype as Event).stopImmediatePropagation.call(this)
      facadeOf(target?.call(this) as object | null)?.stopped(this.type)
    }
    Object.defineProperty(derived, 'stopImmediatePropagation', { value, enumerable: true, configurable: true, writable: true })
  }
  prototypes.set(prototype, derived)
  return derived
}

function getterOf(prototype: object | null, name: string): (() => unknown) | undefined {
  if (!prototype) return undefined
  return (
    Object.getOwnPropertyDescriptor(prototype, name)?.get ?? getterOf(Object.getPrototypeOf(prototype) as object | null, name)
  )
}
