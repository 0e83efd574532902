import PartySocket from 'partysocket/ws'

export const make = (url, Socket) => new PartySocket(url, [], Socket ? { WebSocket: Socket } : {})
