// The package's entries, and which file of each the runtimes and bundlers get: `exports` of package.json is made of this.

import { readFileSync, writeFileSync } from 'node:fs'

/**
 * One line for each entry. `name` is that of the built files, and of the source if there is no `source`; `instead` is used
 * where there is no WebAssembly.
 */
export const ENTRIES = [
  { name: 'index', path: '.' },
  // Neither Hermes nor workerd compiles WebAssembly: they get the same class over the same machine as JavaScript.
  { name: 'wasm', path: './wasm', source: 'index', instead: 'index' },
  { name: 'plain', path: './plain', external: ['homing'] },
  { name: 'react', path: './react', external: ['react', 'homing', 'homing/store'] },
  { name: 'store', path: './store' },
  // Its names and lines are shown where a test fails.
  { name: 'testing', path: './testing', minify: false },
]

/**
 * Every program gets one copy of each class, whether its modules import or require it:
 *
 * - Node has one copy, the CommonJS file; `.mjs` only exports again what is in there. Nothing depends on `require` of ES
 *   modules, which Node 20 has from 20.19 on, and Jest lacks.
 * - Bundlers take `module` for both `import` and `require`. With conditions of its own, esbuild does not: that is what
 *   Wrangler uses, so there is `workerd`.
 * - React Native gets CommonJS, as the tests of its apps run in Jest, which does not transform packages.
 */
function conditions({ name, instead = name }) {
  const dist = (file) => `./dist/${file}`
  return {
    types: { require: dist(`${name}.d.cts`), default: dist(`${name}.d.ts`) },
    'react-native': dist(`${instead}.cjs`),
    workerd: dist(`${instead}.js`),
    module: dist(`${name}.js`),
    node: { import: dist(`${name}.mjs`), require: dist(`${name}.cjs`) },
    require: dist(`${name}.cjs`),
    default: dist(`${name}.js`),
  }
}

/** Writes `exports` into package.json. Returns whether that changed it. */
export function writeExports(file) {
  const before = readFileSync(file, 'utf8')
  const manifest = JSON.parse(before)
  manifest.exports = Object.fromEntries(ENTRIES.map((entry) => [entry.path, conditions(entry)]))
  manifest.exports['./package.json'] = './package.json'
  // For `"moduleResolution": "node"`, which does not know `exports`.
  const typed = ENTRIES.filter(({ path }) => path !== '.')
  manifest.typesVersions = { '*': Object.fromEntries(typed.map(({ name, path }) => [path.slice(2), [`./dist/${name}.d.cts`]])) }
  // For Parcel 2, which knows `exports` only where an app asks for that.
  manifest.alias = Object.fromEntries(typed.map(({ name, path }) => [path, `./dist/${name}.js`]))
  const text = `${JSON.stringify(manifest, null, 2)}\n`.replace(/\[[^[\]{}]*\]|\{[^{}]*\}/g, shortened)
  if (text !== before) writeFileSync(file, text)
  return text !== before
}

/** What is short stands on one line, as a person would write it. */
function shortened(lines) {
  const line = lines.replace(/\s+/g, ' ')
  const isList = line.startsWith('[')
  return isList ? line.replace('[ ', '[').replace(' ]', ']') : line.length < 90 ? line : lines
}
