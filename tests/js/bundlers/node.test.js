// The package in Node.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXPECTED, JOURNAL } from './support/expected.js'
import { ROOT, run, tool } from './support/lab.js'
import { stage } from './support/stage.js'

const here = dirname(fileURLToPath(import.meta.url))
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const major = Number(process.versions.node.split('.')[0])
const on = stage([join(here, 'apps')], { inPage: false })

// That the program ends by itself shows that nothing is left which keeps Node alive.
async function runs(program, path, args, ...more) {
  const output = await run(program, [...args, on.server.url(path), ...more], { cwd: on.dir, millis: 30_000 })
  assert.deepEqual(JSON.parse(output.split('\n').find((line) => line.startsWith('['))), EXPECTED)
  assert.deepEqual(on.server.journal(path), JOURNAL)
}

test(`node ${major}, by its own class`, () =>
  runs(process.execPath, 'own', major < 22 ? ['--experimental-websocket', 'node.js'] : ['node.js']))

test(`node ${major}, by the package ws`, () => runs(process.execPath, 'ws', ['node.js'], 'ws'))

test(`node ${major}, with the module by its name`, () => runs(process.execPath, 'module', ['node-module.js'], version))

const newer = tool(`node-${process.platform}-${process.arch}/bin/node`)
const skip = existsSync(newer) ? false : `no Node 22 for ${process.platform} ${process.arch}`
if (skip) console.log(`SKIPPED: ${skip}`)

test('node 22, by its own class', { skip }, () => runs(newer, 'newer-own', ['node.js']))
test('node 22, by the package ws', { skip }, () => runs(newer, 'newer-ws', ['node.js'], 'ws'))
test('node 22, by require', { skip }, () => runs(newer, 'newer-require', ['node.cjs']))
