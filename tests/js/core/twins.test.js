// Compares the machine as WebAssembly (`homing/wasm`) and as JavaScript (`homing`) in 10,000 scripts.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { anyNumbers } from './numbers.js'
import { compare } from './twins.js'

const forms = process.env.HOMING_MACHINE
if (!forms) throw new Error('HOMING_MACHINE must name the directory where www/build.js leaves homing.wasm and machine.js')

const { instantiate } = await import(pathToFileURL(`${forms}/machine.js`))
const wasm = () => new WebAssembly.Instance(new WebAssembly.Module(readFileSync(`${forms}/homing.wasm`))).exports

const SCRIPTS = Number(process.env.SCRIPTS ?? 10_000)
const seed = Number(process.env.SEED ?? Date.now() % 1e9)

test(`both forms return the same values (scripts from seed ${seed} on)`, () => {
  const { values } = compare(wasm(), instantiate(), { scripts: SCRIPTS, seed })
  assert.ok(values > SCRIPTS * 100, `${values}`)
})

test('a difference is found', () => {
  const other = instantiate()
  const wrong = { ...other, deadline: (client) => other.deadline(client) + 0.001 }
  assert.throws(() => compare(wasm(), wrong, { scripts: 10, seed }), /script \d+, step \d+: deadline/)
})

test(`neither form traps, whatever the numbers (scripts from seed ${seed} on)`, () => {
  anyNumbers([wasm(), instantiate()], { scripts: SCRIPTS / 5, seed })
})
