/// <reference lib="esnext.disposable" preserve="true" />
// The fake server: it decides each attempt, and keeps all of them.

import { FakeConnection } from './connection.js'
import { type FakeWebSocketClass, webSocketClass } from './socket.js'

/** What the server does with an attempt: accepts it, refuses it, or does not answer. */
export type Decision = 'accept' | 'refuse' | 'stall'

/**
 * Called with each attempt before it is answered. The handler decides by a method of the connection or by its result; if it does
 * neither, the attempt is accepted. An asynchronous handler must decide before its first `await`. To answer later, `stall` the
 * attempt and then `accept` or `refuse` it.
 */
export type ConnectionHandler = (connection: FakeConnection) => Decision | void | Promise<void>

/** Undoes {@link FakeServer.install}, when it is called or at the end of the scope of a `using` declaration. */
export interface Installed extends Disposable {
  (): void
}

const DECISIONS: readonly unknown[] = ['accept', 'refuse', 'stall']

/**
 * A server without a network, and the `WebSocket` class that connects to it.
 *
 * ```js
 * const server = new FakeServer()
 * const socket = new HomingSocket('wss://example.com', undefined, { WebSocket: server.WebSocket })
 * const connection = await server.connection()
 * connection.send('hello')
 * connection.drop()
 * ```
 */
export class FakeServer {
  /** A class like the browser's `WebSocket`. Each of its sockets is an attempt to connect to this server, whatever the URL. */
  readonly WebSocket: FakeWebSocketClass
  /** All attempts so far, in order, including refused and stalled ones. */
  readonly attempts: readonly FakeConnection[]
  /** The accepted attempts, in the order of the clients' `open` events. */
  readonly connections: readonly FakeConnection[]

  readonly #attempts = new Line()
  readonly #connections = new Line()
  #handler: ConnectionHandler | undefined
  #script: (Decision | ConnectionHandler)[] = []

  /**
   * @param handler decides each attempt, see {@link ConnectionHandler}; by default all are accepted.
   * @throws a `TypeError` if `handler` is no function.
   */
  constructor(handler?: ConnectionHandler) {
    if (handler !== undefined) this.handle(handler)
    this.attempts = this.#attempts.all
    this.connections = this.#connections.all
    this.WebSocket = webSocketClass((dialled, socket) => {
      const connection = new FakeConnection(this.attempts.length + 1, dialled, socket, (opened) => this.#connections.add(opened))
      this.#attempts.all.push(connection)
      // In a microtask, so that the code that made the socket can add listeners or close it first.
      void Promise.resolve().then(() => this.#decide(connection))
      return connection.remote()
    })
  }

  /**
   * Sets the handler of all further attempts that are not scripted.
   *
   * @throws a `TypeError` if `handler` is no function.
   */
  handle(handler: ConnectionHandler): void {
    if (typeof handler !== 'function') throw new TypeError(`homing: handler: expected a function, got ${typeof handler}`)
    this.#handler = handler
  }

  /**
   * Scripts the next attempts, one decision for each. Attempts after them are decided by the handler.
   *
   * ```js
   * server.script('refuse', 'stall') // the third attempt is accepted
   * ```
   *
   * @throws a `TypeError` if an argument is neither a decision nor a function.
   */
  script(...decisions: (Decision | ConnectionHandler)[]): void {
    decisions.forEach((decision) => typeof decision === 'function' || check('script: expected', decision))
    this.#script.push(...decisions)
  }

  /** Resolves with the next attempt that this method has not returned yet, once it is decided. */
  attempt(): Promise<FakeConnection> {
    return this.#attempts.next()
  }

  /** Resolves with the next accepted connection that this method has not returned yet, after the client's `open` event. */
  connection(): Promise<FakeConnection> {
    return this.#connections.next()
  }

  /** Drops all connections and attempts that have not ended, see {@link FakeConnection.drop}. */
  drop(): void {
    this.attempts.forEach((connection) => connection.drop())
  }

  /** Replaces `globalThis.WebSocket` by the server's class, until the result is called or disposed of. */
  install(): Installed {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
    Object.defineProperty(globalThis, 'WebSocket', { value: this.WebSocket, writable: true, configurable: true })
    let isInstalled = true
    const undo = (): void => {
      if (!isInstalled) return
      isInstalled = false
      if (before) Object.defineProperty(globalThis, 'WebSocket', before)
      else delete (globalThis as { WebSocket?: unknown }).WebSocket
    }
    return Object.assign(undo, { [(Symbol.dispose ?? Symbol.for('Symbol.dispose')) as typeof Symbol.dispose]: undo })
  }

  #decide(connection: FakeConnection): void {
    // The client has already closed.
    if (connection.state === 'closed') return this.#attempts.seen(connection)
    try {
      const next = this.#script.shift() ?? this.#handler
      const decision = typeof next === 'function' ? next(connection) : next
      if (typeof decision === 'string') check('handler: expected to return', decision)
      if (!connection.isDecided) connection[typeof decision === 'string' ? decision : 'accept']()
    } catch (error) {
      // The exception is reported as an unhandled rejection. Refused, so that the client need not wait for its timeout.
      if (!connection.isDecided) connection.refuse()
      throw error
    } finally {
      this.#attempts.seen(connection)
    }
  }
}

function check(what: string, decision: unknown): void {
  if (DECISIONS.includes(decision)) return
  const shown = typeof decision === 'string' ? `'${decision}'` : typeof decision
  throw new TypeError(
    `homing: ${what} 'accept', 'refuse', 'stall' or ${what.startsWith('s') ? 'a function' : 'nothing'}, got ${shown}`,
  )
}

/** Connections in order, and the promises that wait for the next one. */
class Line {
  readonly all: FakeConnection[] = []
  readonly #ready: FakeConnection[] = []
  readonly #waiting: ((connection: FakeConnection) => void)[] = []

  add(connection: FakeConnection): void {
    this.all.push(connection)
    this.seen(connection)
  }

  /** Resolves the next promise with it. */
  seen(connection: FakeConnection): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(connection)
    else this.#ready.push(connection)
  }

  next(): Promise<FakeConnection> {
    const connection = this.#ready.shift()
    return connection ? Promise.resolve(connection) : new Promise((resolve) => this.#waiting.push(resolve))
  }
}
