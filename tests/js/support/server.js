// The repository's own test server, and one for the files of the page.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, extname, join, normalize } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const ROOT = normalize(join(dirname(fileURLToPath(import.meta.url)), '../../..'))

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.json': 'application/json' }

/** Starts `homing-test-server`. Returns the address of its remote control. */
export async function testServer() {
  const program = process.env.HOMING_TEST_SERVER
  if (!program) throw new Error('HOMING_TEST_SERVER must name the program that `cargo build -p homing-test-server` builds')
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

/** Serves the repository's files. `answers` maps paths to functions of a request's body. */
export async function fileServer(answers = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const answer = answers[pathname]
    if (answer) {
      let body = ''
      for await (const chunk of request) body += chunk
      response.end(await answer(body))
      return
    }
    const file = join(ROOT, normalize(decodeURIComponent(pathname)))
    if (!file.startsWith(ROOT) || !existsSync(file)) return response.writeHead(404).end()
    response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain')
    createReadStream(file).pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    end: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
