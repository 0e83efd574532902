// The hook in Chromium, under React's development build, whose StrictMode runs effects twice.

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { node, tool } from '../bundlers/support/lab.js'
import { visit } from '../bundlers/support/page.js'
import { fileServer } from '../bundlers/support/servers.js'
import { stage } from '../bundlers/support/stage.js'

const here = dirname(fileURLToPath(import.meta.url))
const on = stage([join(here, 'apps')])

const VERSIONS = { 19: [], 18: ['--alias:react=react-18', '--alias:react-dom=react-dom-18'] }

async function bundle(entry, version, ...more) {
  const out = join(on.dir, `out-${version}`)
  mkdirSync(out, { recursive: true })
  const options = ['--bundle', `--outdir=${out}`, '--format=esm', '--jsx=automatic', '--jsx-dev', '--log-level=error']
  const define = '--define:process.env.NODE_ENV="development"'
  await node([tool('esbuild/bin/esbuild'), entry, define, ...options, ...VERSIONS[version], ...more], { cwd: on.dir })
  return out
}

for (const version of Object.keys(VERSIONS).reverse()) {
  test(`react ${version}`, async (t) => {
    const out = await bundle('cases.jsx', version)
    writeFileSync(
      join(out, 'index.html'),
      '<!doctype html><meta charset="utf-8"><body><script type="module" src="cases.js"></script>',
    )
    const files = await fileServer(out)
    const at = (path) => `${version}-${path}`
    const exposed = { journal: (path) => on.server.journal(at(path)), open: (path) => on.server.open(at(path)) }
    try {
      const { result } = await visit(on.chromium, `${files.url}?server=${on.server.url(at(''))}`, { exposed, millis: 60_000 })
      for (const { name, error } of result) await t.test(name, () => assert.equal(error, undefined))
    } finally {
      files.end()
    }
  })

  test(`react ${version} on the server`, async () => {
    // React's modules for the server call `require`.
    const banner = '--banner:js=import { createRequire } from "node:module"; const require = createRequire(import.meta.url)'
    const out = await bundle('server.jsx', version, '--platform=node', banner)
    const lines = (await node([join(out, 'server.js')], { cwd: on.dir })).trim().split('\n')
    assert.deepEqual(JSON.parse(lines.at(-1)), ['connecting undefined', 'closed undefined'])
  })
}
