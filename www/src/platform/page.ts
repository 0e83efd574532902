// Events of the page and its network (S8c), with one set of listeners for all clients.

import { Page } from '../machine/codes.js'

/** The page was hidden. The machine has no such event. */
export const HIDDEN = 'hidden'
export type PageChange = Page | typeof HIDDEN

/** A client that observes the page. */
export interface PageObserver {
  page(change: PageChange): void
}

const observers = new Set<PageObserver>()
/** Where the listeners were added. A test may replace the page. */
let observed: unknown

const OF_WINDOW = ['online', 'pagehide', 'pageshow'] as const

/** Calls a function for each event. Workers and Node have some of them or none. */
function forEachSource(act: (target: EventTarget, type: string) => void): void {
  const scope = globalThis as unknown as Partial<EventTarget>
  if (typeof scope.addEventListener === 'function') OF_WINDOW.forEach((type) => act(globalThis as never, type))
  if (typeof document === 'object') act(document, 'visibilitychange')
}

/**
 * Adds an observer. The first one adds the listeners, which stay: a page that opens one connection after the other would add and
 * remove them each time.
 */
export function observePage(observer: PageObserver): void {
  const page = globalThis.document ?? globalThis
  if (observed !== page) forEachSource((target, type) => target.addEventListener(type, notify))
  observed = page
  observers.add(observer)
}

/** Removes an observer. */
export function unobservePage(observer: PageObserver): void {
  observers.delete(observer)
}

/** Whether this is a hidden page. */
export function isHidden(): boolean {
  return typeof document === 'object' && document.hidden
}

function notify(event: Event): void {
  const change = read(event)
  if (change !== undefined) [...observers].forEach((observer) => observer.page(change))
}

function read(event: Event): PageChange | undefined {
  const { persisted } = event as PageTransitionEvent
  switch (event.type) {
    case 'online':
      return Page.Online
    case 'pagehide':
      return persisted ? Page.Frozen : undefined
    case 'pageshow':
      return persisted ? Page.Thawed : undefined
    default:
      return isHidden() ? HIDDEN : Page.Visible
  }
}
