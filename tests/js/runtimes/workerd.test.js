// The package in Cloudflare's workerd, bundled as by Wrangler.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { run, tool } from '../bundlers/support/lab.js'
import { bundle, report, staged } from './support.js'

const CONDITIONS = ['workerd', 'worker', 'browser']

const config = (control) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
      bindings = [(name = "control", text = "${control}")],
    )),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
);
`

const found = await staged(async (dir, control) => {
  const script = await bundle(join(dir, 'runtimes/workerd/worker.js'), { format: 'esm', conditions: CONDITIONS })
  writeFileSync(join(dir, 'worker.js'), script)
  writeFileSync(join(dir, 'config.capnp'), config(control))
  const output = await run(process.execPath, [tool('workerd/bin/workerd'), 'test', 'config.capnp'], { cwd: dir })
  return JSON.parse(
    output
      .split('\n')
      .find((line) => line.includes('RESULTS '))
      .split('RESULTS ')[1],
  )
})
test('homing/wasm is the same class', () => assert.ok(found.isOne))
report('workerd', found.results)
