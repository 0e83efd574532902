// The package in real small apps: built by each bundler as it comes, served as files, and run in Chromium.

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
}

const page = (script) => `<!doctype html><meta charset="utf-8"><title>app</title>${script}`

/** Builds into a directory below the lab. `how` gets that directory and returns the page, unless the bundler makes it. */
function app(name, how, look = () => {}) {
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

/** Opens a page, whose app is to talk to `path`, and tells what the browser complained of, besides what it must. */
async function complaintsOf(url, path) {
  const { result, complaints } = await visit(on.chromium, `${url}?server=${on.server.url(path)}`)
  assert.deepEqual(result, EXPECTED)
  assert.deepEqual(on.server.journal(path), JOURNAL)
  return complaints.filter((line) => !/^WebSocket connection to .* failed/.test(line))
}

/** The module was loaded as a file of its own, not from the copy. */
const byItself = ({ asked, complaints }) => {
  assert.equal(asked.filter((line) => /^200 .*\.wasm$/.test(line)).length, 1, asked.join('\n'))
  assert.deepEqual(asked.filter((line) => /embedded/.test(line) || !line.startsWith('200')), [])
  assert.deepEqual(complaints, [])
}

/** These leave the file behind, so that the copy serves; all that the browser has to say is that the file is not there. */
const fromCopy = ({ asked, complaints }) => {
  assert.deepEqual(asked.filter((line) => /^200 .*\.wasm$/.test(line)), [])
  assert.deepEqual(complaints.filter((line) => !/404.*\/homing\.wasm\)$/.test(line)), [])
}

const inline = ({ asked, complaints }) => {
  assert.deepEqual(asked.filter((line) => /wasm/.test(line)), [])
  assert.deepEqual(complaints, [])
}

const vite = (source) => (out) => node([cli.vite, 'build', source, '--outDir', out, '--logLevel', 'warn'], { cwd: on.dir }).then(() => {})
app('vite', vite('vite'), byItself)
app('vite, in a worker', vite('vite-worker'), byItself)
app('vite, with the module by its name', vite('vite-asset'), byItself)

const webpack = (entry) => async (out) => {
  await node([cli.webpack, '--mode', 'production', '--entry', `./${entry}`, '--output-path', out], { cwd: on.dir })
  return '<script src="main.js"></script>'
}
app('webpack', webpack('main.js'), byItself)
app('webpack, in a worker', webpack('in-worker.js'), byItself)
app('webpack, with the module by its name', webpack('asset-url.js'), byItself)
app('webpack, inline', webpack('inline.js'), inline)

const esbuild = (entry, ...options) => async (out) => {
  await node([cli.esbuild, entry, '--bundle', '--minify', `--outdir=${out}`, ...options], { cwd: on.dir })
  return `<script type="module" src="${entry}"></script>`
}
app('esbuild', esbuild('main.js'), fromCopy)
app('esbuild, split', esbuild('main.js', '--format=esm', '--splitting'), fromCopy)
app('esbuild, with the module by its name', esbuild('asset.js', '--format=esm', '--splitting', '--loader:.wasm=file'), byItself)
app('esbuild, inline', esbuild('inline.js'), inline)

const rollup = (entry, ...options) => async (out) => {
  await node([cli.rollup, entry, '-p', 'node-resolve', '-d', out, ...options], { cwd: on.dir })
  return `<script type="module" src="${entry}"></script>`
}
app('rollup', rollup('main.js', '-f', 'es'), fromCopy)
app('rollup, one script', rollup('main.js', '-f', 'iife', '--inlineDynamicImports'), fromCopy)
app('rollup, inline', rollup('inline.js', '-f', 'es'), inline)

test('vite, while developing', async () => {
  const port = /Local:\s+(http:\S+)/
  const vite = await serve([cli.vite, 'vite', '--host', '127.0.0.1', '--port', '0', '--logLevel', 'info'], port, { cwd: on.dir })
  try {
    assert.deepEqual(await complaintsOf(vite.match[1], 'vite-dev'), [])
  } finally {
    await vite.end()
  }
})

test('a plain module script', () => open('plain', on.dir, byItself, 'plain/'))
