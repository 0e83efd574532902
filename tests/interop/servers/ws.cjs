// npm's `ws`.
'use strict'

const { readFileSync } = require('node:fs')
const http = require('node:http')
const https = require('node:https')
const { WebSocketServer } = require('ws')

const { PORT, CERT, KEY } = process.env
const refuse = (_request, response) => response.writeHead(426).end()
const server = CERT ? https.createServer({ cert: readFileSync(CERT), key: readFileSync(KEY) }, refuse) : http.createServer(refuse)
let lastClose = ''

new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } }).on('connection', (ws) => {
  ws.on('message', (data, isBinary) => {
    const [order, code, ...reason] = isBinary ? [] : data.toString().split(' ')
    if (order === '/fragments') {
      ws.send('part0', { fin: false })
      ws.send('part1', { fin: false })
      ws.send('part2', { fin: true })
    } else if (order === '/ping') {
      ws.once('pong', () => ws.send('pong'))
      ws.ping('from the server')
    } else if (order === '/close') ws.close(Number(code), reason.join(' '))
    else if (order === '/last-close') ws.send(lastClose)
    else ws.send(data, { binary: isBinary })
  })
  ws.on('close', (code, reason) => {
    lastClose = `${code} ${reason}`.trim()
  })
})
server.listen(Number(PORT), '127.0.0.1')
