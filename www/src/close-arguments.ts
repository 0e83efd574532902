// The checks of the arguments of `close`.

import { sizeOf } from './driver/queue.js'

/**
 * Checks and converts the arguments of `close` by the WebSocket standard, where no socket of the platform does. Classes other
 * than the platform's (`isForeign`) also accept the protocol's own codes that a Close frame may contain (RFC 6455, section 7.4).
 */
export function checkCloseArguments(code: unknown, reason: unknown, isForeign: boolean): [code?: number, reason?: string] {
  let clamped: number | undefined
  if (code !== undefined) {
    // Web IDL's `[Clamp] unsigned short` rounds to the nearest integer, and halves to the even one.
    const number = Math.min(65_535, Math.max(0, +(code as number))) || 0
    clamped = Math.round(number)
    if (clamped - number === 0.5 && clamped % 2 === 1) clamped -= 1
    const isOfProtocol = isForeign && clamped > 1000 && clamped < 1015 && (clamped < 1004 || clamped > 1006)
    if (clamped !== 1000 && !isOfProtocol && (clamped < 3000 || clamped > 4999)) {
      throw new DOMException(
        `The close code must be either 1000, or between 3000 and 4999. ${clamped} is neither.`,
        'InvalidAccessError',
      )
    }
  }
  if (reason === undefined) return [clamped]
  const text = `${reason as string}`
  if (sizeOf(text) > 123) {
    throw new DOMException('The close reason must not be greater than 123 UTF-8 bytes.', 'SyntaxError')
  }
  return [clamped, text]
}
