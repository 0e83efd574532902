// Builds the package into dist/: the machine with cargo and binaryen, the scripts with esbuild, the types with tsc.

import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codes } from './codes.js'
import { machine } from './machine.js'

const www = dirname(fileURLToPath(import.meta.url))
const root = dirname(www)
const dist = join(root, 'dist')
const target = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'npm')
const require = createRequire(import.meta.url)
const run = (program, ...args) => execFileSync(program, args, { stdio: 'inherit', cwd: root })

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

// Written only if it changed, as `cargo xtask test` builds again what is older than its sources.
const written = join(www, 'src/codes.ts')
const made = codes(readFileSync(join(www, 'core/src/codes.rs'), 'utf8'))
if (readFileSync(written, 'utf8') !== made) {
  writeFileSync(written, made)
  // It belongs to the sources: whoever changes one commits both.
  if (process.env.CI) throw new Error('www/src/codes.ts was not that of www/core/src/codes.rs')
}

run('cargo', 'build', '--release', '--target', 'wasm32-unknown-unknown', '--target-dir', target, '--manifest-path', join(www, 'core/Cargo.toml'))
const forms = machine(join(target, 'wasm32-unknown-unknown/release/homing.wasm'), target)

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: false,
  outdir: dist,
  logLevel: 'warning',
}
const entry = (name) => join(www, 'src', `${name}.ts`)
/** In the default entry the machine is JavaScript. */
const asJavaScript = {
  name: 'machine',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/machine\.js$/ }, () => ({ path: forms.js })),
}
const define = { MODULE: JSON.stringify(readFileSync(forms.wasm).toString('base64')) }
await build({ ...shared, entryPoints: [entry('index')], plugins: [asJavaScript] })
await build({ ...shared, entryPoints: [{ in: entry('index'), out: 'wasm' }], define })
await build({ ...shared, entryPoints: [entry('react')], external: ['react', 'homing'] })

run(process.execPath, join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '-p', join(www, 'tsconfig.json'))
// Only what users' compilers will ask for.
const wanted = new Set()
const want = (name) => {
  if (wanted.has(name)) return
  wanted.add(name)
  const text = readFileSync(join(dist, name), 'utf8')
  for (const [, path] of text.matchAll(/from '(\.[^']*)\.js'/g)) want(`${path.slice(2)}.d.ts`)
}
for (const name of ['index', 'react']) want(`${name}.d.ts`)
for (const name of readdirSync(dist)) if (name.endsWith('.d.ts') && !wanted.has(name)) rmSync(join(dist, name))
