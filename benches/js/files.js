// Builds and serves the pages of the benchmark.

import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { ROOT } from '../../tests/js/support/server.js'

const HTML = `<!doctype html><title>bench</title><script>
addEventListener('error', ({ message }) => { window.wrong = message })
addEventListener('unhandledrejection', ({ reason }) => { window.wrong = String(reason) })
</script><script type="module" src="page.js"></script>`

/** Serves the pages on all loopback addresses, so that the browser gives each page its own process. */
export async function files() {
  const dir = mkdtempSync(join(tmpdir(), 'homing-bench-'))
  await build({
    entryPoints: [join(ROOT, 'benches/js/page.js')],
    bundle: true,
    // Each class is a separate file, loaded only by its own pages.
    splitting: true,
    format: 'esm',
    minify: true,
    outdir: dir,
    alias: { homing: join(ROOT, 'dist/index.js'), 'homing/wasm': join(ROOT, 'dist/wasm.js') },
    logLevel: 'warning',
  })
  const served = new Map([['/', ['text/html', HTML]]])
  for (const name of readdirSync(dir)) served.set(`/${name}`, ['text/javascript', readFileSync(join(dir, name))])
  rmSync(dir, { recursive: true })
  const server = createServer((request, response) => {
    const file = served.get(new URL(request.url, 'http://localhost').pathname)
    if (!file) return response.writeHead(404).end()
    response.setHeader('content-type', file[0])
    response.setHeader('cache-control', 'max-age=3600')
    // These headers make the clocks of pages precise.
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.end(file[1])
  })
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  return {
    /** Browsers give each address its own process. */
    url: (number, name) => `http://127.0.0.${number}:${server.address().port}/?class=${name}`,
    end: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
