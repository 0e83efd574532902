import ReconnectingWebSocket from 'reconnecting-websocket'

export const make = (url, Socket) => new ReconnectingWebSocket(url, [], Socket ? { WebSocket: Socket } : {})
