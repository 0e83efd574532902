import { HomingSocket } from 'homing/wasm'

export const make = (url, Socket) => new HomingSocket(url, [], Socket ? { WebSocket: Socket } : {})
