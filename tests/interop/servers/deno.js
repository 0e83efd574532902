// Deno's own server.
const [PORT, CERT, KEY] = ['PORT', 'CERT', 'KEY'].map((name) => Deno.env.get(name))
const tls = CERT ? { cert: Deno.readTextFileSync(CERT), key: Deno.readTextFileSync(KEY) } : {}
let lastClose = ''

Deno.serve({ hostname: '127.0.0.1', port: Number(PORT), onListen() {}, ...tls }, (request) => {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') return new Response('no WebSocket', { status: 400 })
  const { socket, response } = Deno.upgradeWebSocket(request)
  socket.onmessage = ({ data }) => {
    const [order, code, ...reason] = typeof data === 'string' ? data.split(' ') : []
    if (order === '/fragments' || order === '/ping') socket.send('unsupported')
    else if (order === '/close') socket.close(Number(code), reason.join(' '))
    else if (order === '/last-close') socket.send(lastClose)
    else socket.send(data)
  }
  socket.onclose = ({ code, reason }) => {
    lastClose = `${code} ${reason}`.trim()
  }
  return response
})
