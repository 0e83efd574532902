// Starts the test server, and a server for the files of pages.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect } from 'node:net'
import { dirname, extname, join, normalize } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'

export const ROOT = normalize(join(dirname(fileURLToPath(import.meta.url)), '../../..'))

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' }

/** Starts `homing-test-server`. Returns the address of its remote control. */
export async function testServer() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target')
  const program = process.env.HOMING_TEST_SERVER ?? join(target, 'debug/homing-test-server')
  if (!existsSync(program)) throw new Error(`no test server at ${program}: run \`cargo build -p homing-test-server\``)
  const child = spawn(program, ['0', '0'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  const { value: control } = await lines.next()
  return {
    control: control.replace(/\/$/, ''),
    end: async () => {
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}

/**
 * Serves the repository's files. `answers` maps paths to functions of a request's body, `mounts` maps prefixes of paths to other
 * directories, `headers` are sent with every file, `tls` is a certificate with its key as PEM, and `webSockets` the port to which
 * WebSocket connections are forwarded.
 */
export async function fileServer(answers = {}, { headers = {}, mounts = {}, tls, webSockets } = {}) {
  const create = tls ? (serve) => createSecureServer({ cert: tls, key: tls }, serve) : createServer
  const server = create(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const answer = answers[pathname]
    if (answer) {
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(await answer(body))
      return
    }
    const file = find(normalize(decodeURIComponent(pathname)), mounts)
    if (!file) return response.writeHead(404).end()
    response.setHeaders(new Map(Object.entries(headers)))
    response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain')
    createReadStream(file).pipe(response)
  })
  const passOn = ({ method, url, rawHeaders }, socket, head) => {
    const upstream = connect(webSockets, '127.0.0.1')
    const lines = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
    upstream.write(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`)
    upstream.write(head)
    // The end of either closes the other.
    pipeline(socket, upstream, socket, () => {})
  }
  if (webSockets) server.on('upgrade', passOn)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: tls ? `https://localhost:${server.address().port}` : `http://127.0.0.1:${server.address().port}`,
    end: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

function find(path, mounts) {
  const mount = Object.keys(mounts).find((mount) => path.startsWith(mount))
  const file = mount ? join(mounts[mount], path.slice(mount.length)) : join(ROOT, path)
  return file.startsWith(mount ? mounts[mount] : ROOT) && existsSync(file) ? file : undefined
}
