// The world of the random callers: virtual time, the events of a page, and every uncaught error.

import { clear } from '../support/virtual.js'

export { pass, pending, settle } from '../support/virtual.js'

/** An error of the program's own: thrown by a listener, a getter or a class. */
export class Own extends Error {}

const page = new EventTarget()
globalThis.addEventListener = page.addEventListener.bind(page)
globalThis.removeEventListener = page.removeEventListener.bind(page)

/** Dispatches an event of the page. */
export function onPage(type, persisted) {
  page.dispatchEvent(Object.assign(new Event(type), { persisted }))
}

/** Uncaught errors, and those that were reported. */
export const uncaught = []
console.error = (error) => `${error}`.includes('Warning') || uncaught.push(error)

/** Collects them, in place of the test runner. */
export function collect() {
  process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error))
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) => uncaught.push(error))
}

/** Starts anew, for the next case. */
export function reset() {
  clear()
  uncaught.length = 0
}
