/**
 * A WebSocket client that reconnects, detects dead peers and queues messages while offline, with the interface of the
 * browser's `WebSocket`.
 *
 * `homing` and `homing/wasm` are the same class over the same machine, which is JavaScript in the first and WebAssembly,
 * smaller, in the second.
 * @module
 */

export type { Data, Payload } from './driver/queue.js'
export { EndEvent, FailureEvent, type HomingSocketEventMap, LatencyEvent, ReconnectingEvent } from './events/events.js'
export { SetupError, type SetupErrorOptions } from './setup-error.js'
export { HomingSocket, HomingSocket as default } from './socket.js'
export type {
  ClientState,
  ClosedInfo,
  EndReason,
  HeartbeatOptions,
  HomingSocketOptions,
  OpenedInfo,
  Provided,
  ReconnectOptions,
  Session,
  SetupFunction,
  Stats,
  WebSocketClass,
} from './types.js'
