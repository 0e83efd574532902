// Bun's own server, which is uWebSockets.
const { PORT, CERT, KEY } = process.env
let lastClose = ''

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(PORT),
  tls: CERT ? { cert: Bun.file(CERT), key: Bun.file(KEY) } : undefined,
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('no WebSocket', { status: 400 })),
  websocket: {
    maxPayloadLength: 2 ** 24,
    backpressureLimit: 2 ** 26,
    perMessageDeflate: true,
    message(ws, data) {
      const [order, code, ...reason] = typeof data === 'string' ? data.split(' ') : []
      if (order === '/fragments') ws.send('unsupported')
      else if (order === '/ping') ws.ping('from the server')
      else if (order === '/close') ws.close(Number(code), reason.join(' '))
      else if (order === '/last-close') ws.send(lastClose)
      else ws.send(data, true)
    },
    pong(ws) {
      ws.send('pong')
    },
    close(_ws, code, reason) {
      lastClose = `${code} ${reason}`.trim()
    },
  },
})
