// The public types of `homing/testing`.

/** A message received by the server: text, or bytes, also if the client sent a `Blob`. */
export type Message = string | Uint8Array

/**
 * The state of a connection: `connecting` until the handshake is answered, which never happens for a stalled attempt; `closing`
 * once either side has sent a Close frame; `closed` also after a refused handshake.
 */
export type ConnectionState = 'connecting' | 'open' | 'closing' | 'closed'

/** How a connection ended, as reported by the client's `close` event. */
export interface CloseInfo {
  /** 1005 for a Close frame without a code, 1006 for a connection that was dropped, refused or abandoned. */
  readonly code: number
  /** The reason of the Close frame, or `''`. */
  readonly reason: string
  /** Whether both sides have sent a Close frame. */
  readonly wasClean: boolean
}

/** A Close frame sent by the client. */
export interface CloseFrame {
  /** The code, or 1005 if the frame has none. */
  readonly code: number
  /** The reason, or `''`. */
  readonly reason: string
}

/** The server's answer in an accepted handshake. */
export interface AcceptOptions {
  /**
   * The chosen subprotocol. If it was not offered, the handshake fails, as in a browser.
   * @default the first one offered, or `''` if none was
   */
  protocol?: string
  /**
   * The extensions in use, as the client's `extensions` reports them.
   * @default ''
   */
  extensions?: string
}

/** A message that a server can send. */
export type Sendable = string | ArrayBuffer | ArrayBufferView

/** The argument of `FakeConnection.reply`: returns the answer to a message, or undefined for none. */
export type Answer = (message: Message) => Sendable | undefined | void
