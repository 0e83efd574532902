// Libraries that take a WebSocket class, unchanged, with their own servers: in Node and in Chromium.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { WebSocket } from 'ws'
import { lab, node, tool } from '../bundlers/support/lab.js'
import { browser, visit } from '../bundlers/support/page.js'
import { fileServer } from '../bundlers/support/servers.js'

const here = dirname(fileURLToPath(import.meta.url))
// Node 20 has no `WebSocket`.
globalThis.WebSocket ??= WebSocket

const { dir, end } = await lab(join(here, 'apps'), join(here, 'servers'))
const load = (file) => import(pathToFileURL(join(dir, file)))
const { servers } = await load('servers.js')
const { attempt, single } = await load('support.js')
let chromium, files

before(async () => {
  const options = ['--bundle', '--format=esm', `--outdir=${join(dir, 'out')}`, '--log-level=error', '--define:global=globalThis']
  await node([tool('esbuild/bin/esbuild'), 'page.js', ...options], { cwd: dir })
  writeFileSync(join(dir, 'out/index.html'), '<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>')
  chromium = await browser()
  files = await fileServer(join(dir, 'out'))
})

after(async () => {
  await chromium?.close()
  files?.end()
  end()
})

async function beside(library, run) {
  const server = await servers[library]()
  try {
    await run(server)
  } finally {
    await server.end()
  }
}

for (const library of Object.keys(servers)) {
  const { cases } = await load(`${library}.js`)
  for (const name of Object.keys(cases)) {
    test(`${library} in Node: ${name}`, () => beside(library, ({ url, control }) => attempt(cases[name], url, control)))

    test(`${library} in Chromium: ${name}`, () =>
      beside(library, async ({ url, control }) => {
        const address = `${files.url}?${new URLSearchParams({ library, name, server: url })}`
        const { result } = await visit(chromium, address, { exposed: { control } })
        assert.equal(result, 'fine')
      }))
  }
}

test('signalr in Node: its headers reach the server with the class of ws', async () => {
  const { run } = await load('signalr.js')
  await beside('signalr', async (server) => {
    const { stop } = await run(server, single({ WebSocket, headers: { 'x-token': 'secret' } }))
    await stop()
    const [headers] = await server.control('headers')
    assert.match(headers['user-agent'], /SignalR/)
    assert.equal(headers['x-token'], 'secret')
  })
})
