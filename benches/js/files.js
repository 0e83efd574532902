// Builds and serves the page of each client.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { ROOT } from '../../tests/js/support/server.js'

const HERE = join(ROOT, 'benches/js')
/** Where the modules of clients in Rust are, and packages that the project itself does not use. */
const { HOMING_PEERS_WASM, HOMING_PEERS_NPM } = process.env

/** The clients, of which the others are compared with the first of their group. */
export const GROUPS = {
  npm: ['homing', 'homing-wasm', 'bare', 'partysocket', 'reconnecting-websocket', 'rews'],
  crate: ['homing', 'web-sys', 'gloo-net', 'ewebsock', 'tokio-tungstenite-wasm', 'ws_stream_wasm'],
}
const MODULE = 'homing_peers_web'

const ENTRIES = {
  npm: (name) => `
    import { make } from './clients/${name}.js'
    import { OfClass } from './clients/of-class.js'
    import { start } from './page.js'
    start({ make, open: (url) => OfClass.open(make, url) })`,
  crate: (name) => `
    import init, { Client } from '/pkg/${name}/${MODULE}.js'
    import { start } from './page.js'
    const { memory } = await init()
    start({ open: Client.open, memory: () => memory.buffer.byteLength })`,
}

async function bundle(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: HERE },
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    metafile: true,
    external: ['/pkg/*'],
    alias: { homing: join(ROOT, 'dist/index.js'), 'homing/wasm': join(ROOT, 'dist/wasm.js') },
    nodePaths: HOMING_PEERS_NPM ? [join(HOMING_PEERS_NPM, 'node_modules')] : [],
    logLevel: 'silent',
  })
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) }
}

const compressed = (bytes) => gzipSync(bytes, { level: 9 }).length

/** The version of the package that a bundle was made from. */
function version(inputs, name) {
  const file = inputs.find((input) => input.includes(`node_modules/`) && input.includes(name))
  const [, root] = /(.*node_modules\/(?:@[^/]+\/)?[^/]+\/)/.exec(file ?? '') ?? []
  return root && JSON.parse(readFileSync(join(root, 'package.json'))).version
}

/** What is known of a client before it runs: its size, its version, or why it does not build. */
async function describe(group, name, served) {
  const { text } = await bundle(ENTRIES[group](name))
  served.set(`/${group}-${name}.js`, ['text/javascript', text])
  if (group === 'npm') {
    const { text, inputs } = await bundle(`export * from './clients/${name}.js'`)
    return { size: compressed(text), version: version(inputs, name) }
  }
  for (const file of [`${MODULE}.js`, `${MODULE}_bg.wasm`]) {
    const type = file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    served.set(`/pkg/${name}/${file}`, [type, readFileSync(join(HOMING_PEERS_WASM, name, file))])
  }
  const read = (file) => readFileSync(join(HOMING_PEERS_WASM, name, file))
  const { code } = await transform(read('small.js'), { minify: true, format: 'esm' })
  return { size: compressed(read('small.wasm')) + compressed(code) }
}

const html = (script) => `<!doctype html><title>bench</title><script>
addEventListener('error', ({ message }) => { window.wrong = message })
addEventListener('unhandledrejection', ({ reason }) => { window.wrong = String(reason) })
</script><script type="module" src="/${script}.js"></script>`

/** Serves the pages on all loopback addresses, so that the browser gives each page its own process. */
export async function files(groups) {
  const served = new Map()
  const clients = {}
  for (const group of groups) {
    clients[group] = {}
    for (const name of GROUPS[group]) {
      clients[group][name] = await describe(group, name, served).catch((error) => ({ why: error.message.split('\n')[0] }))
    }
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    const file = pathname === '/' ? ['text/html', html(searchParams.get('client'))] : served.get(pathname)
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
    clients,
    /** Browsers give each address its own process. */
    url: (number, group, name) => `http://127.0.0.${number}:${server.address().port}/?client=${group}-${name}`,
    end: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
