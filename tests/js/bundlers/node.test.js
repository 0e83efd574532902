// The package in Node: in this version, and in those of `HOMING_TEST_NODES`, a list of programs like `PATH`.

import assert from 'node:assert/strict'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXPECTED, JOURNAL } from './support/expected.js'
import { run } from './support/lab.js'
import { stage } from './support/stage.js'

const here = dirname(fileURLToPath(import.meta.url))
const others = (process.env.HOMING_TEST_NODES ?? '').split(delimiter).filter(Boolean)
const on = stage([join(here, 'apps')], { inPage: false })

for (const program of [process.execPath, ...others]) {
  const major = parseInt(await run(program, ['-p', 'process.versions.node']), 10)

  // The program ends by itself, so that nothing keeps Node alive.
  const runs = async (name, args, ...more) => {
    const path = `${major}-${name}`
    const output = await run(program, [...args, on.server.url(path), ...more], { cwd: on.dir, millis: 30_000 })
    assert.deepEqual(JSON.parse(output.split('\n').find((line) => line.startsWith('['))), EXPECTED)
    assert.deepEqual(on.server.journal(path), JOURNAL)
  }

  test(`node ${major}, by its own class`, () => runs('own', major < 22 ? ['--experimental-websocket', 'node.js'] : ['node.js']))
  test(`node ${major}, by the package ws`, () => runs('ws', ['node.js'], 'ws'))
  test(`node ${major}, by require`, () => runs('require', major < 22 ? ['--experimental-websocket', 'node.cjs'] : ['node.cjs']))
  test(`node ${major}, by import and by require in one program`, async () => {
    // As before Node 20.19, which cannot require ES modules.
    const { isOne, ...entries } = JSON.parse(
      await run(program, ['--no-experimental-require-module', 'entries.js'], { cwd: on.dir }),
    )
    assert.ok(isOne)
    const events = ['EndEvent', 'FailureEvent']
    const names = [...events, 'HomingSocket', 'LatencyEvent', 'ReconnectingEvent', 'SetupError', 'default']
    assert.deepEqual(entries.homing, { names, isSame: true, extra: [] })
    assert.deepEqual(entries['homing/wasm'], entries.homing)
    for (const name in entries) assert.ok(entries[name].isSame && entries[name].extra.length === 0, name)
  })
}
