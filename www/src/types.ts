// What users of the package see of its types.

import type { Data } from './driver/queue.js'

/** A value, or a function that makes one for each attempt, at once or later: fresh tokens, another host. */
export type Provided<T> = T | (() => T | Promise<T>)

/** Why a client came to its end: `close()` or the signal; trying again would give the same; no attempts left;
 * `shouldReconnect` said no. */
export type EndReason = 'closed' | 'fatal' | 'exhausted' | 'declined'

/** What a client is doing. */
export type ClientState = 'connecting' | 'open' | 'closing' | 'waiting' | 'closed'

/** How a client came to its end. */
export interface ClosedInfo {
  readonly reason: EndReason
  /** How many messages were still queued; `takeUnsent()` has them. */
  readonly unsent: number
  /** The last attempt's close event, if there was an attempt. */
  readonly cause: CloseEvent | undefined
  /** What failed, where that is known. */
  readonly error: unknown
}

/** What the opening handshake agreed on. */
export interface OpenedInfo {
  readonly protocol: string
  readonly extensions: string
}

/** When to try again. */
export interface ReconnectOptions {
  /**
   * The longest the first delay may be, in milliseconds; at most 2147483647 (24.8 days).
   * @default 1000
   */
  min?: number
  /**
   * The longest any delay may be, in milliseconds.
   * @default 30000
   */
  max?: number
  /**
   * By how much the bound grows each time; at least 1.
   * @default 2
   */
  factor?: number
  /**
   * The share of each delay that is drawn at random, from 0 (none) to 1 (from zero to the bound).
   * @default 1
   */
  jitter?: number
  /**
   * How many attempts in a row may fail to last before the client gives up.
   * @default Infinity
   */
  maxAttempts?: number
  /**
   * After being open for so many milliseconds an attempt has lasted, and counting starts over.
   * @default 5000
   */
  stableAfter?: number
  /**
   * Whether to try again after this. Overrides what is not tried again by default: close codes 1008 and 1010. Any truthy
   * value means yes. It cannot be asynchronous: if it returns a promise, or throws, the error is reported and the default
   * applies.
   * @default undefined
   */
  shouldReconnect?: (event: CloseEvent) => boolean
}

/** How to notice a peer that is gone. A browser cannot send Ping, so this is a message which the server answers. */
export interface HeartbeatOptions {
  /** What is sent, or a function that returns it, which cannot be asynchronous. */
  message: Data | (() => Data)
  /**
   * Milliseconds between two of them.
   * @default 20000
   */
  interval?: number
  /**
   * Milliseconds within which something must arrive, whatever it is; else the attempt has failed. They start over while
   * `bufferedAmount` shows that what was sent before the heartbeat is still leaving. A browser reports neither parts of a
   * message nor what the operating system holds: on a slow link choose more than the largest message takes.
   * @default 20000
   */
  timeout?: number
  /**
   * Whether a message is an answer to a heartbeat. Answers are not delivered, and `latency` has their time. Any truthy value means
   * yes. It cannot be asynchronous: if it returns a promise, or throws, the error is reported and the message is delivered.
   * @default undefined
   */
  isReply?: (data: any) => boolean
  /**
   * Keeps the beat in a worker, as browsers slow down the timers of pages in the background.
   * @default false
   */
  inWorker?: boolean
}

/** Options of a `HomingSocket`. */
export interface HomingSocketOptions {
  /**
   * Whether and when to come back.
   * @default true
   */
  reconnect?: boolean | ReconnectOptions
  /**
   * Whether messages wait while there is no connection. If not, `send` throws then, as the browser's does.
   * @default true
   */
  queue?: boolean
  /**
   * Bytes that may wait in the queue while there is no connection. The message that crosses the limit is taken; after that
   * `send` throws until `drain`. While the client is open, messages go straight to the browser and there is no limit, as in
   * its own class: a program that sends more than the network takes has to look at `bufferedAmount`. With `queue: false`
   * nothing waits here, so there is no limit either.
   * @default 1048576
   */
  maxSendBuffer?: number
  /**
   * Milliseconds for dialling and opening handshake together.
   * @default 10000; with `reconnect: false`, and without a function for the URL or the subprotocols, as long as the browser waits
   */
  openTimeout?: number
  /**
   * Milliseconds until the peer's answer to `close()`, counted from when `bufferedAmount` last went down.
   * @default 5000, or with `reconnect: false` as long as the browser waits
   */
  closeTimeout?: number
  /**
   * How to notice a peer that is gone.
   * @default undefined
   */
  heartbeat?: HeartbeatOptions
  /**
   * Drops the connection while the page is hidden, and dials when it is shown.
   * @default false
   */
  pauseWhileHidden?: boolean
  /**
   * Closes the client when it is aborted.
   * @default undefined
   */
  signal?: AbortSignal
  /**
   * The class to use, such as that of the package `ws`. What it takes is its own: that of `ws` also takes the close codes
   * 1001 to 1003 and 1007 to 1014. Binary messages are blobs by default, also where the class knows none. If its
   * constructor, or setting `binaryType`, throws, the attempt has failed, and its socket is closed.
   * @default globalThis.WebSocket
   */
  WebSocket?: WebSocketClass
  /**
   * Headers of the opening handshake, for a class given as `WebSocket` that takes them, such as that of `ws`. Browsers
   * cannot send any.
   * @default undefined
   */
  headers?: Record<string, string | number | readonly string[] | undefined>
  /**
   * The third argument for the constructor of the class given as `WebSocket`, such as `{ rejectUnauthorized: false }` for
   * that of `ws`. `headers` are added to it.
   * @default undefined
   */
  webSocketOptions?: object
}

/** A class that can be used: the browser's or one that behaves like it. */
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
  /** Messages handed to a socket. */
  readonly messagesSent: number
  /** Their payload: bytes of binary messages, UTF-16 units of text. */
  readonly unitsSent: number
  /** Messages at most that went down with their sockets; part of `messagesSent`. */
  readonly messagesLost: number
  /** Messages that arrived. */
  readonly messagesReceived: number
  /** Their payload, counted likewise. */
  readonly unitsReceived: number
  /** Sockets dialled. */
  readonly attempts: number
  /** Times that the client was open again after having been open before. */
  readonly reconnects: number
  /** Heartbeats sent. */
  readonly heartbeats: number
  /** The last heartbeat's round trip in milliseconds. */
  readonly lastRtt: number | undefined
  /** The same, smoothed as TCP does. */
  readonly smoothedRtt: number | undefined
  /** For how many milliseconds the present attempt has been open. */
  readonly openFor: number | undefined
}
