// What users of `homing/testing` see of its types.

/** A message as the server gets it: text, or bytes, also where a `Blob` was sent. */
export type Message = string | Uint8Array

/**
 * `connecting` until the handshake is answered, which a stalled attempt never is; `closing` once a Close frame was sent by
 * either side; `closed` also where the handshake was refused.
 */
export type ConnectionState = 'connecting' | 'open' | 'closing' | 'closed'

/** How a connection ended, as the client's `close` event says. */
export interface CloseInfo {
  /** 1005 for a Close frame without a code, 1006 for a connection that was dropped, refused or abandoned. */
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** A Close frame of the client. */
export interface CloseFrame {
  /** 1005 where the frame has none. */
  readonly code: number
  readonly reason: string
}

/** What a server answers in an accepted handshake. */
export interface AcceptOptions {
  /**
   * The subprotocol. One that was not offered fails the handshake, as it does in a browser.
   * @default the first one offered, or `''` for none
   */
  protocol?: string
  /**
   * @default ''
   */
  extensions?: string
}

/** What a server can send. */
export type Sendable = string | ArrayBuffer | ArrayBufferView

/** What `FakeConnection.reply` takes. */
export type Answer = (message: Message) => Sendable | undefined | void
