// The error by which a set-up chooses how its attempt ends.

import { checkCloseArguments } from './close-arguments.js'

/** Marks these errors, as each entry of the package has a class of its own. */
const BRAND = Symbol.for('homing.SetupError')

/** Whether this is the {@link SetupError} of any entry. */
export function isSetupError(error: unknown): error is SetupError {
  return BRAND in Object(error)
}

/** Options of a {@link SetupError}. */
export interface SetupErrorOptions {
  /**
   * The code of the Close frame: 1000, or 3000 to 4999.
   * @default 1000
   */
  code?: number
  /**
   * The reason of the Close frame, at most 123 bytes of UTF-8.
   * @default undefined
   */
  reason?: string
  /**
   * Whether the client ends, with the reason `fatal`, instead of reconnecting. `reconnect.shouldReconnect` decides instead if there is
   * one.
   * @default false
   */
  fatal?: boolean
  /** The error behind this one. */
  cause?: unknown
}

/**
 * Thrown by `setup` to choose the Close frame of the attempt, and whether the client ends. Any other error fails the attempt as well,
 * and is retried.
 *
 * ```ts
 * throw new SetupError('login refused', { code: 4401, fatal: true })
 * ```
 */
export class SetupError extends Error {
  readonly code: number
  readonly reason: string | undefined
  readonly fatal: boolean

  /** @throws an `InvalidAccessError` for another code; a `SyntaxError` for a longer reason. */
  constructor(message?: string, options: SetupErrorOptions = {}) {
    super(message, options)
    const { code = 1000, reason, fatal = false } = options
    const [number, text] = checkCloseArguments(code, reason, false)
    this.name = 'SetupError'
    this.code = number!
    this.reason = text
    this.fatal = fatal
    Object.defineProperty(this, BRAND, {})
  }
}
