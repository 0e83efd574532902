// The messages of a job, numbered so that a missing, repeated or reordered one is noticed: those of benches/peers/src/messages.rs.

/** How many different messages of this size there are: a power of two. */
export const distinct = (size) => Math.min(Math.max(2 ** Math.ceil(Math.log2((512 << 10) / size)), 4), 1 << 14)

/** One message in so many is compared as a whole. */
const COMPARED = 64

const bytesOf = (number, size) => {
  const bytes = new Uint8Array(size)
  for (let at = 2; at < size; at++) bytes[at] = 97 + ((at - 2 + number) % 26)
  bytes[0] = number & 0x7f
  bytes[1] = (number >> 7) & 0x7f
  return bytes
}

export class Messages {
  constructor(isText, size) {
    Object.assign(this, { isText, size, mask: distinct(size) - 1 })
    const decoder = new TextDecoder()
    const message = (number) => (isText ? decoder.decode(bytesOf(number, size)) : bytesOf(number, size))
    this.all = Array.from({ length: this.mask + 1 }, (_, number) => message(number))
  }

  nth(number) {
    return this.all[number & this.mask]
  }

  /** Compares a message with the one that is due: its kind, length and number, or the whole of it. */
  isNth(number, data) {
    return this.isText ? this.#isText(number, data) : this.#isBinary(number, data)
  }

  #isText(number, data) {
    const due = this.nth(number)
    if (typeof data !== 'string' || data.length !== due.length) return false
    if (number % COMPARED === 0) return data === due
    return data.charCodeAt(0) === due.charCodeAt(0) && data.charCodeAt(1) === due.charCodeAt(1)
  }

  #isBinary(number, data) {
    const due = this.nth(number)
    if (data.byteLength !== due.length) return false
    const bytes = new Uint8Array(data)
    if (number % COMPARED === 0) return bytes.every((byte, at) => byte === due[at])
    return bytes[0] === due[0] && bytes[1] === due[1]
  }
}
