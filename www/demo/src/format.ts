// Numbers as text.

const exact = new Intl.NumberFormat('en')
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

export const count = (n: number): string => exact.format(n)

/** A short form for axes. */
export const compact = (n: number): string => short.format(n)

export function bytes(n: number): string {
  if (n < 1000) return `${digits.format(n)} B`
  if (n < 1e6) return `${digits.format(n / 1e3)} kB`
  return n < 1e9 ? `${digits.format(n / 1e6)} MB` : `${digits.format(n / 1e9)} GB`
}

export const millis = (ms: number): string => (ms < 1000 ? `${digits.format(ms)} ms` : `${digits.format(ms / 1000)} s`)

/** `1 message`, `2 messages`. */
export const plural = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? '' : 's'}`
