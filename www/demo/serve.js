// Builds the page and serves it on loopback, together with the test server that its buttons command.
//
// `node www/demo/serve.js` needs what `cargo xtask demo` prepares: the package in dist/, and HOMING_TEST_SERVER.

import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { context } from 'esbuild'
import { testServer } from '../../tests/js/support/server.js'

const demo = dirname(fileURLToPath(import.meta.url))

/** Starts both servers. Returns the page's address. */
export async function serve() {
  const server = await testServer()
  const built = await context({
    entryPoints: [
      { in: join(demo, 'src/main.ts'), out: 'main' },
      { in: join(demo, 'style.css'), out: 'style' },
      { in: join(demo, 'index.html'), out: 'index' },
    ],
    loader: { '.html': 'copy' },
    define: { CONTROL: JSON.stringify(server.control) },
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    write: false,
    outdir: join(demo, 'out'),
    logLevel: 'warning',
  })
  const { port } = await built.serve({ host: '127.0.0.1' })
  return {
    url: `http://127.0.0.1:${port}/`,
    end: async () => {
      await built.dispose()
      await server.end()
    },
  }
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { url } = await serve()
  console.log(`The page is at ${url} (stop it with Ctrl-C)`)
}
