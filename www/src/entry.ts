// What every entry point exports.

export { EndEvent, FailureEvent, LatencyEvent, ReconnectingEvent } from './events.js'
export { init, type ModuleSource } from './load.js'
export type { Data, Payload } from './queue.js'
export { HomingSocket, HomingSocket as default } from './socket.js'
export type {
  ClientState,
  ClosedInfo,
  EndReason,
  HeartbeatOptions,
  HomingSocketEventMap,
  HomingSocketOptions,
  OpenedInfo,
  Provided,
  ReconnectOptions,
  Stats,
  WebSocketClass,
} from './types.js'
