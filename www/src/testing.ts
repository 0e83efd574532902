/**
 * A network without sockets, for tests: a `FakeServer` and the `WebSocket` class that talks to it.
 *
 * Nothing here waits for time to pass: everything happens in microtasks, which no fake timers hold back. So tests run under
 * the fake timers of vitest, jest and `node:test`, and without any.
 * @module
 */

export type { FakeConnection } from './testing/connection.js'
export { type ConnectionHandler, type Decision, FakeServer, type Installed } from './testing/server.js'
export type { FakeWebSocketClass } from './testing/socket.js'
export type { AcceptOptions, Answer, CloseFrame, CloseInfo, ConnectionState, Message, Sendable } from './testing/types.js'
