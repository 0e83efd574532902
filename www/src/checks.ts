// Checks of what the page gives. Their errors name the option, what was expected and what was given.

import { report } from './platform/report.js'

/** The longest delay that an attempt may be given, in milliseconds: 24.8 days, as of `setTimeout`. */
export const LONGEST = 2 ** 31 - 1

/** Text and functions are not shown: they may hold secrets, or be long. */
function shown(value: unknown): string {
  if (typeof value === 'object') return value ? Object.prototype.toString.call(value).slice(8, -1) : 'null'
  return /^[fs]/.test(typeof value) ? typeof value : `${value as number}`
}

export function check(isSo: unknown, name: string, expected: string, value: unknown, Kind: ErrorConstructor = TypeError): void {
  if (!isSo) throw new Kind(`homing: ${name} must be ${expected}, not ${shown(value)}`)
}

/** Checks values by their names. Each may be undefined. */
export function typed(types: string, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    const isSo = types.includes(typeof value) && value !== null && !Array.isArray(value)
    check(value === undefined || isSo, name, `of type ${types}`, value)
  }
}

/** Checks a number; by default milliseconds, of which there must be some. */
export function number(name: string, value: number, least = 0.001, most = Infinity): number {
  const expected = `a number from ${least} to ${most}`
  check(typeof value === 'number', name, expected, value)
  check(value >= least && value <= most, name, expected, value, RangeError)
  return value
}

/**
 * Wraps a function of the page's that cannot be asynchronous. If it throws or returns a promise, that is reported, and the
 * answer is that of `otherwise`. A promise is reported once, since such a function returns one each time.
 */
export function synchronous<A, R>(name: string, act: (argument: A) => R, otherwise: (argument: A) => R): (argument: A) => R {
  let isReported = false
  return (argument) => {
    try {
      const answer = act(argument) as R & { then?: (fulfilled: undefined, rejected: () => void) => void }
      if (typeof answer?.then !== 'function') return answer
      answer.then(undefined, () => {})
      if (!isReported) {
        isReported = true
        throw new TypeError(`homing: ${name} must not return a promise`)
      }
    } catch (error) {
      report(error)
    }
    return otherwise(argument)
  }
}
