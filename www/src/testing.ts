/**
 * A fake WebSocket server for tests, and the `WebSocket` class that connects to it without a network.
 *
 * No timers are used: everything happens in microtasks, which fake timers do not delay. So tests run with the fake timers of
 * Vitest, Jest and `node:test`, and without any.
 * @module
 */

export type { FakeConnection } from './testing/connection.js'
export { type ConnectionHandler, type Decision, FakeServer, type Installed } from './testing/server.js'
export type { FakeWebSocketClass } from './testing/socket.js'
export type { AcceptOptions, Answer, CloseFrame, CloseInfo, ConnectionState, Message, Sendable } from './testing/types.js'
