// Builds both forms of the machine of `www/core`: WebAssembly, and JavaScript generated from it.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const binaryen = dirname(createRequire(import.meta.url).resolve('binaryen/package.json'))
const tool = (name, ...args) => execFileSync(process.execPath, [join(binaryen, 'bin', name), ...args], { stdio: 'inherit' })

/** The features that rustc's output uses. */
const FEATURES = [
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-call-indirect-overlong',
  '--enable-multivalue',
  '--enable-mutable-globals',
  '--enable-nontrapping-float-to-int',
  '--enable-reference-types',
  '--enable-sign-ext',
]

/** Replaces instructions that JavaScript has no operators for. */
const LOWERING = ['--signext-lowering', '--llvm-nontrapping-fptoint-lowering']

const SMALL = ['-Oz', '--converge', '--strip-producers', '--strip-target-features']

/** Optimizes the WebAssembly file `built`. Returns the paths of both forms, in the directory `to`. */
export function machine(built, to) {
  const [wasm, lowered, js] = ['homing.wasm', 'lowered.wasm', 'machine.js'].map((name) => join(to, name))
  tool('wasm-opt', ...FEATURES, ...SMALL, built, '-o', wasm)
  tool('wasm-opt', ...FEATURES, ...LOWERING, ...SMALL, built, '-o', lowered)
  tool('wasm2js', ...FEATURES, '-Oz', lowered, '-o', js)
  writeFileSync(js, lazy(readFileSync(js, 'utf8')))
  return { wasm, js }
}

/** The module of wasm2js creates its instance when it is imported. Makes it export a function that does. */
function lazy(text) {
  const [body, rest] = text.split(/^var retasmFunc = /m)
  if (!rest?.startsWith('asmFunc({')) throw new Error('wasm2js has another form')
  return `export function instantiate() {\n${body}\nreturn asmFunc({})\n}\n`
}
