// Payloads that wait to be sent. When they leave is the machine's to say.

export type Payload = string | ArrayBuffer | Blob

/** The same, which may still change. */
export type Converted = Payload | ArrayBufferView

/** What `send` takes. */
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

  /** The length of each, in order. */
  sizes(): number[] {
    return this.#payloads.map(sizeOf)
  }

  /** Takes all of them out. */
  take(): Payload[] {
    const payloads = this.#payloads
    this.#payloads = []
    this.bytes = 0
    return payloads
  }
}

/** Whether it is sent as bytes. */
export function isBinary(data: unknown): data is ArrayBufferView | ArrayBuffer | Blob {
  // By what they are rather than by their class, which each frame of a page has one of.
  if (ArrayBuffer.isView(data) || /^.object (ArrayBuffer|Blob|File)]$/.test(Object.prototype.toString.call(data))) return true
  // Those of happy-dom and React Native do not say so.
  return typeof Blob === 'function' && data instanceof Blob
}

/** What the platform makes of what `send` is given. */
export function convert(data: Data): Converted {
  return typeof data === 'string' || isBinary(data) ? data : `${data as unknown as string}`
}

/** What was given may change afterwards; what waits must not. */
export function snapshot(data: Converted): Payload {
  if (ArrayBuffer.isView(data)) {
    const copy = new Uint8Array(data.byteLength)
    copy.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return copy.buffer
  }
  return typeof data === 'object' && 'byteLength' in data ? new Uint8Array(data).slice().buffer : data
}

/** Bytes on the wire. */
export function sizeOf(data: Converted): number {
  return typeof data === 'string' ? utf8Length(data) : lengthOf(data)
}

/** What statistics count: bytes of binary messages, UTF-16 units of text, as to count its bytes would cost too much. */
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
