// Checks of the program's values. Their errors name the option, what was expected and what was given.

import { report } from './platform/report.js'

/** The longest delay of an attempt, in milliseconds: 24.8 days, the limit of `setTimeout`. */
export const LONGEST = 2 ** 31 - 1

/** In milliseconds. */
export const CENTURY = 3.2e12

/** Describes a value for an error. Strings and functions are not shown, since they may be long or contain secrets. */
function shown(value: unknown): string {
  if (typeof value === 'object') return value ? Object.prototype.toString.call(value).slice(8, -1) : 'null'
  return /^[fs]/.test(typeof value) ? typeof value : `${value as number}`
}

export function check(isSo: unknown, name: string, expected: string, value: unknown, Kind: ErrorConstructor = TypeError): void {
  if (!isSo) throw new Kind(`homing: ${name} must be ${expected}, not ${shown(value)}`)
}

/** Checks that each value has one of the types or is undefined. The keys are the names of the options. */
export function typed(types: string, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    const isSo = types.includes(typeof value) && value !== null && !Array.isArray(value)
    check(value === undefined || isSo, name, `of type ${types}`, value)
  }
}

/** Checks that a number is in a range; by default a time in milliseconds, greater than zero. Returns it. */
export function number(name: string, value: number, least = 0.001, most = Infinity): number {
  if (!(typeof value === 'number' && value >= least && value <= most)) {
    check(false, name, `a number from ${least} to ${most}`, value, typeof value === 'number' ? RangeError : TypeError)
  }
  return value
}

/**
 * Wraps a function of the program that cannot be asynchronous. If it throws or returns a promise, that is reported, and the result
 * is that of `otherwise`. A promise is reported only once, since an asynchronous function returns one each time.
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
