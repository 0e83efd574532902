// Handing on the browser's own events, as if they had been dispatched on the socket that the page knows.
//
// To create and dispatch a second event for each message costs more than everything else here together. So listeners get
// the very event that the browser made, and only its prototype is another: one per socket and kind of event, which
// inherits from the browser's and answers by itself what depends on where an event is dispatched.

type AnyEvent = Event & Record<string, unknown>

/** Hands on events for one target. */
export class Handing {
  readonly #target: EventTarget
  /** By the prototype that the browser gave; there are two or three. */
  readonly #prototypes = new Map<object, object>()
  readonly #own = new Set<object>()
  #current: Event | undefined
  /** `stopImmediatePropagation` was called. */
  stopped = false

  constructor(target: EventTarget) {
    this.#target = target
  }

  /** Makes an event the target's. */
  adopt(event: Event): void {
    const prototype = Object.getPrototypeOf(event) as object
    if (!this.#own.has(prototype)) {
      Object.setPrototypeOf(event, this.#prototypes.get(prototype) ?? this.#derive(prototype))
    }
  }

  /** From now on listeners are called with this event. */
  begin(event: Event): void {
    this.adopt(event)
    this.#current = event
    this.stopped = false
  }

  end(): void {
    this.#current = undefined
  }

  #derive(prototype: object): object {
    const handing = this
    const target = this.#target
    const isCurrent = (event: unknown): boolean => handing.#current === event
    const getter = (get: (this: Event) => unknown): PropertyDescriptor => ({ get, enumerable: true, configurable: true })
    const derived = Object.create(prototype, {
      target: getter(() => target),
      srcElement: getter(() => target),
      currentTarget: getter(function () {
        return isCurrent(this) ? target : null
      }),
      eventPhase: getter(function () {
        return isCurrent(this) ? 2 : 0
      }),
      composedPath: {
        value(this: AnyEvent) {
          return isCurrent(this) ? [target] : []
        },
        writable: true,
        configurable: true,
      },
      stopImmediatePropagation: {
        value(this: Event) {
          handing.stopped ||= isCurrent(this)
          // Not every implementation has it.
          const native = (prototype as Event).stopImmediatePropagation as unknown
          if (typeof native === 'function') native.call(this)
        },
        writable: true,
        configurable: true,
      },
    }) as object
    this.#prototypes.set(prototype, derived)
    this.#own.add(derived)
    return derived
  }
}
