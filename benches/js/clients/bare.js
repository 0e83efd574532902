export const make = (url, Socket) => new (Socket ?? globalThis.WebSocket)(url)
