// Delivers the platform's own events as if they had been dispatched on the program's socket.
//
// Creating and dispatching a second event for each message would cost more than everything else here together. So listeners receive
// the platform's event, and only its prototype is replaced: by one for each class of events, which inherits from the platform's
// and returns another target.

/** The program's side of a platform's socket. */
export interface Facade {
  /** The program's socket. */
  readonly target: EventTarget
  /** Called when a listener stops an event from reaching the listeners after it, or may do so. */
  stopped(event: Event): void
}

/** A property of the platform's sockets. A `WeakMap` would make garbage collection much slower. */
const FACADE = Symbol()

type Backed = { [FACADE]?: Facade }

/** The replacing prototype of each prototype of the platform's. */
const prototypes = new Map<object, object>()

/** Sets the program's side of a platform's socket. */
export function setFacade(socket: object, facade: Facade): void {
  ;(socket as Backed)[FACADE] = facade
}

const facadeOf = (target: object | null): Facade | undefined => (target as Backed | null)?.[FACADE]

/** The prototypes of the last event: most events are messages. */
let last: object | undefined
let lastDerived: object

/** Changes the target of an event to the program's socket. Called once for each event. */
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
    // Not `currentTarget`, which Node resets after the first listener. Without a tree both are the same.
    const target = getterOf(prototype, 'target')
    const value = function stopImmediatePropagation(this: Event): void {
      ;(prototype as Event).stopImmediatePropagation.call(this)
      facadeOf(target?.call(this) as object | null)?.stopped(this)
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
