// The public types of the entries `homing` and `homing/wasm`.

import type { Data } from './driver/queue.js'

/**
 * A value, or a function that returns one for each attempt, directly or as a promise: a place for fresh tokens or another host.
 * An attempt fails if the function throws or its promise rejects; another one follows as after other failures.
 *
 * To stop instead, as after a logout, the function calls `close()`: its result is ignored, and the client ends with the reason
 * `closed`. The constructor makes the first call, so the variable that will contain the client is not assigned before the
 * function's first `await`.
 */
export type Provided<T> = T | (() => T | Promise<T>)

/**
 * Why a client ended:
 *
 * - `closed`: `close()` was called, or the signal was aborted;
 * - `fatal`: another attempt would end the same way, as after the close codes 1008 and 1010 and a fatal `SetupError`;
 * - `exhausted`: `reconnect.maxAttempts` or `reconnect.maxInitialAttempts` was reached, or `reconnect` is false;
 * - `declined`: `reconnect.shouldReconnect` returned false.
 */
export type EndReason = 'closed' | 'fatal' | 'exhausted' | 'declined'

/**
 * What a client is doing. `open` means that messages are passed to the socket at once; `closing` that this side or the peer closes;
 * `waiting` that the next attempt is scheduled; `closed` that none follows.
 */
export type ClientState = 'connecting' | 'open' | 'closing' | 'waiting' | 'closed'

/** How a client ended. */
export interface ClosedInfo {
  /** Why there are no more attempts. */
  readonly reason: EndReason
  /** The number of messages that are still queued; `takeUnsent()` returns them. */
  readonly unsent: number
  /** The last attempt's close event, if there was an attempt. */
  readonly cause: CloseEvent | undefined
  /**
   * Why the last attempt failed: a timeout, a function of the program that failed, or a connection that broke. Undefined after a
   * clean close, and where the underlying socket dispatched an `error` event of its own: browsers hide the reason of those.
   */
  readonly error: unknown
}

/** What the opening handshake agreed on. */
export interface OpenedInfo {
  /** The subprotocol that the server chose, or `''`. */
  readonly protocol: string
  /** The extensions in use, such as `permessage-deflate`, or `''`. */
  readonly extensions: string
}

/**
 * When to reconnect. The n-th delay in a row is at most `min * factor ** (n - 1)`, and at most `max`; the part of it that is
 * drawn at random is `jitter`.
 */
export interface ReconnectOptions {
  /**
   * Upper bound of the first delay, in milliseconds; at most 2147483647 (24.8 days). It is not a minimum: with the default
   * `jitter` of 1 every delay is drawn between 0 and its bound, so that a delay may be close to 0.
   * @default 1000, or `max` if that is less
   */
  min?: number
  /**
   * Upper bound of every delay, in milliseconds.
   * @default 30000
   */
  max?: number
  /**
   * Growth of the bound with each failed attempt; at least 1.
   * @default 2
   */
  factor?: number
  /**
   * The share of each delay that is drawn at random, from 0 (none: the delay is the bound) to 1 (the delay is between 0 and the
   * bound). With 0.5 a delay is at least half of its bound.
   * @default 1
   */
  jitter?: number
  /**
   * The number of reconnects in a row without a stable connection after which the client ends.
   * @default Infinity
   */
  maxAttempts?: number
  /**
   * The number of attempts until the client is open for the first time, after which it ends: a wrong address is then an error at
   * the start of a program, while a connection that is lost later is retried. The first attempt counts. Until the first open this
   * replaces `maxAttempts`; `reconnect()` after the end starts over.
   * @default Infinity: no limit of its own
   */
  maxInitialAttempts?: number
  /**
   * Milliseconds after which an open connection counts as stable: the delays and the count of attempts then start over.
   * @default 5000
   */
  stableAfter?: number
  /**
   * Returns whether to reconnect after this close event, instead of the default: always, except after the close codes 1008
   * (policy violation) and 1010 (extension required), and a fatal `SetupError`. Any truthy value means yes. It cannot be asynchronous: if it throws or
   * returns a promise, the error is reported and the default applies.
   *
   * @example
   * ```ts
   * // 4001 is this server's code for an expired session.
   * shouldReconnect: ({ code }) => code !== 4001
   * ```
   * @default undefined
   */
  shouldReconnect?: (event: CloseEvent) => boolean
}

/**
 * How to detect a dead peer. Browsers cannot send the Ping frames of RFC 6455 (section 5.5.2), so a heartbeat is a message that
 * the server must answer.
 */
export interface HeartbeatOptions {
  /** The message to send, or a function that returns it. The function cannot be asynchronous. */
  message: Data | (() => Data)
  /**
   * Milliseconds between two heartbeats.
   * @default 20000
   */
  interval?: number
  /**
   * Milliseconds after a heartbeat within which any message must arrive; otherwise the attempt fails with a heartbeat timeout.
   * The time starts over while `bufferedAmount` shows that data sent before the heartbeat is still leaving. Browsers report
   * neither parts of a message nor the buffer of the operating system: on a slow link, choose a longer time than the largest
   * message takes.
   * @default 20000
   */
  timeout?: number
  /**
   * Returns whether a message answers a heartbeat. Answers are not delivered, and their latency is reported by the `latency`
   * event and `stats`. Any truthy value means yes. It cannot be asynchronous: if it throws or returns a promise, the error is
   * reported and the message is delivered.
   * @default undefined
   */
  isReply?: (data: any) => boolean
  /**
   * Whether heartbeats are timed in a worker, since browsers throttle the timers of pages in the background. Needs
   * `worker-src blob:` where a content security policy applies; without it a warning is logged and the page's timers are used.
   * @default false
   */
  inWorker?: boolean
}

/**
 * A connection whose opening handshake is done, while `setup` runs. Its methods throw an `InvalidStateError` once `setup` has ended, or
 * the connection has.
 */
export interface Session extends OpenedInfo {
  /** Sends a message at once, before all that is queued. Throws what the `send` of the underlying socket throws. */
  send(data: Data): void
  /**
   * Resolves with the data of the next message of this connection, as `message` events have it; its type for binary messages is the
   * client's `binaryType`. Messages that are not received here are dispatched after `open`, in order. Rejects if the connection ends
   * first.
   */
  receive(): Promise<any>
  /** Iterates over the data of messages, as by `receive`; it throws if the connection ends. */
  [Symbol.asyncIterator](): AsyncIterableIterator<any>
}

/** The option `setup`: prepares a connection. `signal` is aborted if the connection ends before the function does. */
export type SetupFunction = (session: Session, context: { readonly signal: AbortSignal }) => unknown

/** Options of a `HomingSocket`. */
export interface HomingSocketOptions {
  /**
   * Whether and when to reconnect.
   * @default true
   */
  reconnect?: boolean | ReconnectOptions
  /**
   * Whether messages are queued while there is no connection. If not, `send` throws an `InvalidStateError` then, as the
   * browser's does.
   * @default true
   */
  queue?: boolean
  /**
   * Bytes that may wait in the queue while there is no connection. The message that crosses the limit is still accepted; after
   * it `send` throws until `drain`. While the client is open, messages go directly to the browser, which has no limit: a
   * program that sends more than the network takes must check `bufferedAmount`.
   * @default 1048576
   */
  maxSendBuffer?: number
  /**
   * Milliseconds for connecting and the opening handshake together.
   * @default 10000; with `reconnect: false`, and a URL and subprotocols that are no functions, the browser's own limit
   */
  openTimeout?: number
  /**
   * Called for each connection after its opening handshake, before `open`: the place to log in or to subscribe. While its promise is
   * pending the client is connecting, what is queued waits, and no event is dispatched. If it throws or rejects, the attempt fails
   * with an `error` event whose `error.cause` is that error, and is retried; a {@link SetupError} chooses the Close frame, and whether
   * the client ends instead.
   *
   * `close()`, `reconnect()`, the end of the connection and `setupTimeout` abort the signal and end the session. The result of the
   * function has no effect then.
   *
   * @example
   * ```ts
   * setup: async (session) => {
   *   session.send(JSON.stringify({ login: await freshToken() }))
   *   if ((await session.receive()) !== 'welcome') throw new SetupError('login refused', { code: 4401, fatal: true })
   * }
   * ```
   * @default undefined: a connection is open after its handshake
   */
  setup?: SetupFunction
  /**
   * Milliseconds for `setup`, from the opening handshake on. Messages that `setup` does not receive are kept in memory during this
   * time, since browsers cannot stop reading.
   * @default 10000
   */
  setupTimeout?: number
  /**
   * Milliseconds for the peer's answer to `close()`, counted from the last time that `bufferedAmount` went down.
   * @default 5000, or with `reconnect: false` the browser's own limit
   */
  closeTimeout?: number
  /**
   * How to detect a dead peer.
   * @default undefined: no heartbeat
   */
  heartbeat?: HeartbeatOptions
  /**
   * Whether to disconnect while the page is hidden, and reconnect when it is shown.
   * @default false
   */
  pauseWhileHidden?: boolean
  /**
   * Closes the client, with code 1000, when it is aborted.
   * @default undefined
   */
  signal?: AbortSignal
  /**
   * The class of the underlying sockets, such as that of the package `ws`, which also accepts the close codes 1001 to 1003 and
   * 1007 to 1014. Binary messages are delivered as `Blob` by default, even if the class has none. If its constructor or its
   * `binaryType` setter throws, the attempt fails.
   * @default globalThis.WebSocket
   */
  WebSocket?: WebSocketClass
  /**
   * Headers of the opening handshake, for classes that support them, such as that of `ws` and React Native's. Browsers cannot
   * send any: there, this throws a `TypeError`.
   * @default undefined
   */
  headers?: Record<string, string | number | readonly string[] | undefined>
  /**
   * The third argument of the constructor of `WebSocket`, such as `{ ca }` for that of `ws`. `headers` are
   * added to it.
   * @default undefined
   */
  webSocketOptions?: object
}

/** A class to use for sockets: the browser's or one with the same interface. */
export type WebSocketClass = new (
  url: any,
  protocols?: any,
  options?: any,
) => {
  readonly readyState: number
  readonly url: string
  send(data: any): void
  close(code?: number, reason?: string): void
}

/** Counters over all attempts of a client. */
export interface Stats {
  /** Messages passed to a socket, including heartbeats. */
  readonly messagesSent: number
  /** Their size: bytes of binary messages, UTF-16 code units of text. */
  readonly unitsSent: number
  /**
   * Messages that were still in the buffer of a socket, as counted by `bufferedAmount`, when its connection ended: an upper bound,
   * included in `messagesSent`. Messages that had left the buffer are not counted, even if the operating system, the network or the
   * server lost them: only an answer of the peer proves that a message arrived.
   */
  readonly messagesLost: number
  /** Messages received, including answers to heartbeats. */
  readonly messagesReceived: number
  /** Their size, counted likewise. */
  readonly unitsReceived: number
  /** Attempts started. */
  readonly attempts: number
  /** How often the client was open again after having been open before. */
  readonly reconnects: number
  /** Heartbeats sent. */
  readonly heartbeats: number
  /** Round trip of the last answered heartbeat, in milliseconds; undefined before the first answer. */
  readonly lastRtt: number | undefined
  /** The round trip in milliseconds, smoothed as in TCP (RFC 6298, section 2). */
  readonly smoothedRtt: number | undefined
  /** Milliseconds since the current connection was opened; undefined unless the client is open. */
  readonly openFor: number | undefined
}
