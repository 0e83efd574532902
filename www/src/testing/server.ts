/// <reference lib="esnext.disposable" preserve="true" />
// The fake server: it decides about each attempt, and keeps all of them.

import { FakeConnection } from './connection.js'
import { type FakeWebSocketClass, webSocketClass } from './socket.js'

/** What the server does with an attempt. */
export type Decision = 'accept' | 'refuse' | 'stall'

/**
 * Called with each attempt before it is answered. It decides by what it does to the connection, or by what it returns; if it
 * does neither, the attempt is accepted. An asynchronous one has until its first `await`. For an answer that comes later,
 * `stall` the attempt, and `accept` or `refuse` it then.
 */
export type ConnectionHandler = (connection: FakeConnection) => Decision | void | Promise<void>

/** Undoes {@link FakeServer.install}, when called or by `using`. */
export interface Installed extends Disposable {
  (): void
}

const DECISIONS: readonly unknown[] = ['accept', 'refuse', 'stall']

/**
 * A server without a network, and the `WebSocket` class that talks to it.
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
  /** A class like the browser's. Every socket made by it is an attempt to connect to this server, with any URL. */
  readonly WebSocket: FakeWebSocketClass
  /** All attempts so far, in order, including those that were refused or stalled. */
  readonly attempts: readonly FakeConnection[]
  /** Those that were accepted, in the order of the clients' `open` events. */
  readonly connections: readonly FakeConnection[]

  readonly #attempts = new Line()
  readonly #connections = new Line()
  #handler: ConnectionHandler | undefined
  #script: (Decision | ConnectionHandler)[] = []

  /**
   * @param handler see {@link ConnectionHandler}; by default everything is accepted.
   * @throws a `TypeError` if it is no function.
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
   * Sets what decides about attempts that are not scripted, from now on.
   *
   * @throws a `TypeError` if it is no function.
   */
  handle(handler: ConnectionHandler): void {
    if (typeof handler !== 'function') throw new TypeError(`homing: handler: expected a function, got ${typeof handler}`)
    this.#handler = handler
  }

  /**
   * Decides about the next attempts, one each; those after them are left to the handler.
   *
   * @throws a `TypeError` for what is neither a decision nor a function.
   */
  script(...decisions: (Decision | ConnectionHandler)[]): void {
    decisions.forEach((decision) => typeof decision === 'function' || check('script: expected', decision))
    this.#script.push(...decisions)
  }

  /** Resolves with the next attempt that was not returned by this before, once it was decided about. */
  attempt(): Promise<FakeConnection> {
    return this.#attempts.next()
  }

  /** Resolves with the next accepted connection that was not returned by this before, after the client's `open` event. */
  connection(): Promise<FakeConnection> {
    return this.#connections.next()
  }

  /** Drops every connection and attempt that has not ended. */
  drop(): void {
    this.attempts.forEach((connection) => connection.drop())
  }

  /** Puts the class in place of `globalThis.WebSocket`, until what is returned is called or disposed of. */
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
    // The client has given up already.
    if (connection.state === 'closed') return this.#attempts.seen(connection)
    try {
      const next = this.#script.shift() ?? this.#handler
      const decision = typeof next === 'function' ? next(connection) : next
      if (typeof decision === 'string') check('handler: expected to return', decision)
      if (!connection.isDecided) connection[typeof decision === 'string' ? decision : 'accept']()
    } catch (error) {
      // Reported as an unhandled rejection; the client should not have to wait for an answer as well.
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
