// The package's entries, and which file of each the runtimes and bundlers get: `exports` of package.json is made of this.

import { readFileSync, writeFileSync } from 'node:fs'

/**
 * One line for each entry. `name` is that of the built files, and of the source if there is no `source`; `isNative` ones
 * have a build of their own for React Native, and `instead` is used where there is no WebAssembly.
 */
export const ENTRIES = [
  { name: 'index', path: '.', isNative: true },
  // Neither Hermes nor workerd compiles WebAssembly: they get the same class over the same machine as JavaScript.
  { name: 'wasm', path: './wasm', source: 'index', instead: 'index' },
  { name: 'plain', path: './plain', external: ['homing'], isNative: true },
  { name: 'react', path: './react', external: ['react', 'homing', 'homing/store'], isNative: true },
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
  const { isNative } = ENTRIES.find(({ name }) => name === instead)
  return {
    types: { require: dist(`${name}.d.cts`), default: dist(`${name}.d.ts`) },
    'react-native': dist(`${instead}${isNative ? '.native' : ''}.cjs`),
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
  const typed = ENTRIES.filter(({ path }) => path !== '.')
  const made = {
    exports: Object.fromEntries([
      ...ENTRIES.map((entry) => [entry.path, conditions(entry)]),
      ['./package.json', './package.json'],
    ]),
    // For `"moduleResolution": "node"`, which does not know `exports`.
    typesVersions: { '*': Object.fromEntries(typed.map(({ name, path }) => [path.slice(2), [`./dist/${name}.d.cts`]])) },
    // For Parcel 2, which knows `exports` only where an app asks for that.
    alias: Object.fromEntries(typed.map(({ name, path }) => [path, `./dist/${name}.js`])),
  }
  const fields = Object.entries(JSON.parse(before)).filter(([name]) => name === 'exports' || !(name in made))
  const manifest = Object.fromEntries(
    fields.flatMap(([name, value]) => (name === 'exports' ? Object.entries(made) : [[name, value]])),
  )
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  if (text !== before) writeFileSync(file, text)
  return text !== before
}
