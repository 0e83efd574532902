// The package in small apps, built by each bundler with its defaults, served as files, and run in Chromium.

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXPECTED, JOURNAL } from './support/expected.js'
import { node, serve, tool } from './support/lab.js'
import { visit } from './support/page.js'
import { fileServer } from './support/servers.js'
import { stage } from './support/stage.js'

const here = dirname(fileURLToPath(import.meta.url))
const on = stage([join(here, 'apps')])

const cli = {
  vite: tool('vite/bin/vite.js'),
  webpack: tool('webpack-cli/bin/cli.js'),
  esbuild: tool('esbuild/bin/esbuild'),
  rollup: tool('rollup/dist/bin/rollup'),
  parcel: tool('parcel/lib/bin.js'),
}

const page = (script) => `<!doctype html><meta charset="utf-8"><title>app</title>${script}`

/** Builds into a directory below the lab. `how` is called with it and returns the page, unless the bundler creates one. */
function app(name, how, look = whole) {
  test(name, async () => {
    const path = name.replace(/\W+/g, '-')
    const out = join(on.dir, 'out', path)
    mkdirSync(out, { recursive: true })
    const html = await how(out)
    if (html) writeFileSync(join(out, 'index.html'), page(html))
    await open(path, out, look)
  })
}

async function open(path, out, look, page = '') {
  const files = await fileServer(out)
  try {
    look({ asked: files.asked, complaints: await complaintsOf(files.url + page, path) })
  } finally {
    files.end()
  }
}

/** Opens a page whose app connects to `path`. Fails if there are unexpected messages on the console. */
async function complaintsOf(url, path) {
  const { result, complaints } = await visit(on.chromium, `${url}?server=${on.server.url(path)}`)
  assert.deepEqual(result, EXPECTED)
  assert.deepEqual(on.server.journal(path), JOURNAL)
  return complaints.filter((line) => !/^WebSocket connection to .* failed/.test(line))
}

/** Checks that only files of the bundler are requested. */
const whole = ({ asked, complaints }) => {
  assert.deepEqual(
    asked.filter((line) => /wasm$/.test(line) || !line.startsWith('200')),
    [],
  )
  assert.deepEqual(complaints, [])
}

const vite = (source) => (out) =>
  node([cli.vite, 'build', source, '--outDir', out, '--logLevel', 'warn'], { cwd: on.dir }).then(() => {})
app('vite', vite('vite'))
app('vite, in a worker', vite('vite-worker'))
app('vite, imported and required', vite('vite-both'))

const webpack = (entry) => async (out) => {
  await node([cli.webpack, '--mode', 'production', '--entry', `./${entry}`, '--output-path', out], { cwd: on.dir })
  return '<script src="main.js"></script>'
}
app('webpack', webpack('main.js'))
app('webpack, in a worker', webpack('in-worker.js'))
app('webpack, as WebAssembly', webpack('wasm.js'))
app('webpack, imported and required', webpack('both.js'))

const esbuild =
  (entry, ...options) =>
  async (out) => {
    await node([cli.esbuild, entry, '--bundle', '--minify', `--outdir=${out}`, ...options], { cwd: on.dir })
    return `<script type="module" src="${entry}"></script>`
  }
app('esbuild', esbuild('main.js'))
app('esbuild, split', esbuild('main.js', '--format=esm', '--splitting'))
app('esbuild, as WebAssembly', esbuild('wasm.js'))
app('esbuild, imported and required', esbuild('both.js'))
// As Wrangler does: given conditions, esbuild ignores `module`.
const WORKERD = ['--format=esm', '--conditions=workerd,worker,browser']
app('esbuild, as for workerd, imported and required', esbuild('both.js', ...WORKERD))

const rollup =
  (entry, ...options) =>
  async (out) => {
    await node([cli.rollup, entry, '-p', 'node-resolve', '-d', out, ...options], { cwd: on.dir })
    return `<script type="module" src="${entry}"></script>`
  }
app('rollup', rollup('main.js', '-f', 'es'))
app('rollup, one script', rollup('main.js', '-f', 'iife', '--inlineDynamicImports'))
app('rollup, as WebAssembly', rollup('wasm.js', '-f', 'es'))
// Rollup itself does not support `require`.
app('rollup, imported and required', rollup('both.js', '-f', 'es', '-p', 'commonjs'))

const parcel = (source) => async (out) => {
  const args = [
    'build',
    `${source}/index.html`,
    '--dist-dir',
    out,
    '--cache-dir',
    join(on.dir, 'parcel-cache'),
    '--no-source-maps',
  ]
  await node([cli.parcel, ...args, '--public-url', './'], { cwd: on.dir })
}
app('parcel', parcel('vite'))
app('parcel, as WebAssembly', parcel('parcel-wasm'))
app('parcel, imported and required', parcel('vite-both'))

test('vite, development server', async () => {
  const port = /Local:\s+(http:\S+)/
  const vite = await serve([cli.vite, 'vite', '--host', '127.0.0.1', '--port', '0', '--logLevel', 'info'], port, { cwd: on.dir })
  try {
    assert.deepEqual(await complaintsOf(vite.match[1], 'vite-dev'), [])
  } finally {
    await vite.end()
  }
})

test('a plain module script', () => open('plain', on.dir, whole, 'plain/'))
