// The entries of the package, and the file of each for every runtime and bundler. `exports` of package.json is generated from this.

import { readFileSync, writeFileSync } from 'node:fs'

/**
 * The entries. `name` is the name of the built files, and of the source unless there is a `source`. Those with `isNative` are built
 * for React Native as well. `instead` names the entry for runtimes without WebAssembly.
 */
export const ENTRIES = [
  { name: 'index', path: '.', isNative: true },
  // Hermes and workerd do not compile WebAssembly: they use the machine as JavaScript.
  { name: 'wasm', path: './wasm', source: 'index', instead: 'index' },
  { name: 'plain', path: './plain', external: ['homing'], isNative: true },
  { name: 'react', path: './react', external: ['react', 'homing', 'homing/store'], isNative: true },
  { name: 'store', path: './store' },
  // Not minified, since failing tests show its names and lines.
  { name: 'testing', path: './testing', minify: false },
]

/**
 * Returns the conditions of an entry. A program must get only one copy of each class, whether its modules import or require it:
 *
 * - Node uses the CommonJS file; the `.mjs` file re-exports it. Nothing depends on `require` of ES modules, which Node supports
 *   from 20.19 on, and Jest does not.
 * - Bundlers use `module` for both `import` and `require`. esbuild does not if it is given conditions, as by Wrangler, so there is
 *   `workerd`.
 * - React Native uses CommonJS, since the tests of its apps run in Jest, which does not transform packages.
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

/** Writes `exports` into package.json. Returns whether the file has changed. */
export function writeExports(file) {
  const before = readFileSync(file, 'utf8')
  const typed = ENTRIES.filter(({ path }) => path !== '.')
  const made = {
    exports: Object.fromEntries([
      ...ENTRIES.map((entry) => [entry.path, conditions(entry)]),
      ['./package.json', './package.json'],
    ]),
    // For `"moduleResolution": "node"`, which ignores `exports`.
    typesVersions: { '*': Object.fromEntries(typed.map(({ name, path }) => [path.slice(2), [`./dist/${name}.d.cts`]])) },
    // For Parcel 2, which ignores `exports` by default.
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
