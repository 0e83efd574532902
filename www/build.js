// Builds the package into dist/: the module with cargo and wasm-opt, the scripts with esbuild, the types with tsc.

import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateSync } from 'node:zlib'

const www = dirname(fileURLToPath(import.meta.url))
const root = dirname(www)
const dist = join(root, 'dist')
const target = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'npm')
const require = createRequire(import.meta.url)

const run = (program, ...args) => execFileSync(program, args, { stdio: 'inherit', cwd: root })
const tool = (path, ...args) => run(process.execPath, join(dirname(require.resolve(`${path[0]}/package.json`)), path[1]), ...args)

/** What every browser has that can run the output of today's rustc. */
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

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

run('cargo', 'build', '--release', '--target', 'wasm32-unknown-unknown', '--target-dir', target, '--manifest-path', join(www, 'core/Cargo.toml'))
const built = join(target, 'wasm32-unknown-unknown/release/homing.wasm')
const wasm = join(dist, 'homing.wasm')
tool(['binaryen', 'bin/wasm-opt'], ...FEATURES, '-Oz', '--converge', '--strip-producers', '--strip-target-features', built, '-o', wasm)

const shared = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  sourcemap: false,
  outdir: dist,
  logLevel: 'warning',
}
const embedded = deflateSync(readFileSync(wasm), { level: 9 }).toString('base64')
const define = { MODULE: JSON.stringify(embedded) }
const entry = (name) => join(www, 'src', `${name}.ts`)
// The copy inside a module is a file of its own, which is loaded only where the module itself is not found.
await build({ ...shared, entryPoints: [entry('index')], external: ['./embedded.js'] })
await build({ ...shared, entryPoints: [entry('inline'), entry('embedded')], define })
await build({ ...shared, entryPoints: [entry('react')], external: ['react', 'homing'] })

tool(['typescript', 'bin/tsc'], '-p', join(www, 'tsconfig.json'))
// Only what users' compilers will ask for.
const wanted = new Set()
const want = (name) => {
  if (wanted.has(name)) return
  wanted.add(name)
  const text = readFileSync(join(dist, name), 'utf8')
  for (const [, path] of text.matchAll(/from '(\.[^']*)\.js'/g)) want(`${path.slice(2)}.d.ts`)
}
for (const name of ['index', 'inline', 'react']) want(`${name}.d.ts`)
for (const name of readdirSync(dist)) if (name.endsWith('.d.ts') && !wanted.has(name)) rmSync(join(dist, name))
