// Chai's assertions, which compare strictly, and two that return an error.

import { assert, config } from 'chai'

// Messages contain whole values.
config.truncateThreshold = 0

export { assert }

/** Asserts that a call throws, and an error with this name if there is one. Returns what it throws. */
export function throws(act, name) {
  const error = assert.throws(act)
  if (name) assert.strictEqual(error.name, name)
  return error
}

/** Asserts that a promise rejects. Returns the reason. */
export const rejects = (promise) =>
  promise.then(
    () => assert.fail('the promise was fulfilled'),
    (reason) => reason,
  )
