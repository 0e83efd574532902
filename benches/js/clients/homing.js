import { HomingSocket } from 'homing'

export const make = (url, Socket) => new HomingSocket(url, [], Socket ? { WebSocket: Socket } : {})
