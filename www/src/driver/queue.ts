// Payloads that wait to be sent. The machine decides when they are sent.

/** A queued message. Its content cannot change. */
export type Payload = string | ArrayBuffer | Blob

/** A message as given to `send`, converted; the program may still change its content. */
export type Converted = Payload | ArrayBufferView

/** The argument of `send`. */
export type Data = string | ArrayBufferLike | Blob | ArrayBufferView

export class Queue {
  #payloads: Payload[] = []
  bytes = 0

  get length(): number {
    return this.#payloads.length
  }

  push(payload: Payload, bytes: number): void {
    this.#payloads.push(payload)
    this.bytes += bytes
  }

  /** Returns the size of each payload in bytes, in order. */
  sizes(): number[] {
    return this.#payloads.map(sizeOf)
  }

  /** Removes and returns all payloads. */
  take(): Payload[] {
    const payloads = this.#payloads
    this.#payloads = []
    this.bytes = 0
    return payloads
  }
}

/** Whether a value is sent as a binary message. */
export function isBinary(data: unknown): data is ArrayBufferView | ArrayBuffer | Blob {
  // Not by `instanceof`, since each frame of a page has classes of its own.
  if (ArrayBuffer.isView(data) || /^.object (ArrayBuffer|Blob|File)]$/.test(Object.prototype.toString.call(data))) return true
  // The blobs of happy-dom and React Native have no such `toStringTag`.
  return typeof Blob === 'function' && data instanceof Blob
}

/** Converts the argument of `send` as the platform does: what is not binary becomes text. */
export function convert(data: Data): Converted {
  return typeof data === 'string' || isBinary(data) ? data : `${data as unknown as string}`
}

/** Copies binary data, since the program may change it while it is queued. */
export function snapshot(data: Converted): Payload {
  if (ArrayBuffer.isView(data)) {
    const copy = new Uint8Array(data.byteLength)
    copy.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return copy.buffer
  }
  return typeof data === 'object' && 'byteLength' in data ? new Uint8Array(data).slice().buffer : data
}

/** Returns the size of a payload in bytes, as sent. */
export function sizeOf(data: Converted): number {
  return typeof data === 'string' ? utf8Length(data) : lengthOf(data)
}

/**
 * Returns the size of a message as `Stats` counts it: bytes of binary messages, UTF-16 code units of text, since counting the bytes
 * of text would cost too much.
 */
export function lengthOf(data: unknown): number {
  if (typeof data === 'string') return data.length
  if (typeof data !== 'object' || !data) return `${data as string}`.length
  return (data as { byteLength?: number }).byteLength ?? (data as { size?: number }).size ?? 0
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    if (unit < 0x800) bytes += 1
    else if (unit < 0xd800 || unit > 0xdbff || (text.charCodeAt(i + 1) & 0xfc00) !== 0xdc00) bytes += 2
    else {
      // A pair takes four bytes.
      bytes += 2
      i += 1
    }
  }
  return bytes
}
