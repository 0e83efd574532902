// Builds the package into dist/: the machine with cargo and binaryen, the scripts with esbuild, the types with tsc.
//
// `--check`: fails if a committed file that the build generates (src/machine/codes.ts, exports of package.json) is out of date.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { codes } from './codes.js'
import { declarations } from './declarations.js'
import { ENTRIES, writeExports } from './entries.js'
import { machine } from './machine.js'

const www = dirname(fileURLToPath(import.meta.url))
const root = dirname(www)
const dist = join(root, 'dist')
const target = resolve(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'npm')
const require = createRequire(import.meta.url)
const isCheck = process.argv.includes('--check')
const run = (program, ...args) => execFileSync(program, args, { stdio: 'inherit', cwd: root })

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)

// Written only if it has changed, since `cargo xtask test` compares the times of sources and output.
const written = join(www, 'src/machine/codes.ts')
const made = codes(readFileSync(join(www, 'core/src/codes.rs'), 'utf8'))
if (readFileSync(written, 'utf8') !== made) {
  writeFileSync(written, made)
  if (isCheck) throw new Error('www/src/machine/codes.ts was out of date; it is now generated from www/core/src/codes.rs')
}

const isNew = writeExports(join(root, 'package.json'))
if (isNew && isCheck) throw new Error('"exports" of package.json was out of date; it is now generated from www/entries.js')

run(
  'cargo',
  'build',
  '--release',
  '--target',
  'wasm32-unknown-unknown',
  '--target-dir',
  target,
  '--manifest-path',
  join(www, 'core/Cargo.toml'),
)
const forms = machine(join(target, 'wasm32-unknown-unknown/release/homing.wasm'), target)

const shared = {
  bundle: true,
  target: 'es2022',
  sourcemap: false,
  outdir: dist,
  logLevel: 'warning',
}
/** Replaces the machine as WebAssembly by the machine as JavaScript, in all entries but `homing/wasm`. */
const asJavaScript = {
  name: 'machine',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/instantiate\.js$/ }, () => ({ path: forms.js })),
}
const define = { MODULE: JSON.stringify(readFileSync(forms.wasm).toString('hex')) }
for (const { name, source = name, external, isNative, minify = true } of ENTRIES) {
  const options = {
    ...shared,
    minify,
    external,
    define: { ...define, IS_REACT_NATIVE: 'false' },
    plugins: name === 'wasm' ? [] : [asJavaScript],
  }
  const entryPoints = (out) => [{ in: join(www, 'src', `${source}.ts`), out }]
  const asScript = { entryPoints: entryPoints(name), format: 'cjs', outExtension: { '.js': '.cjs' } }
  const { metafile } = await build({ ...options, entryPoints: entryPoints(name), format: 'esm', metafile: true })
  await build({ ...options, ...asScript })
  const [{ exports: names }] = Object.values(metafile.outputs)
  writeFileSync(join(dist, `${name}.mjs`), wrapper(name, names))
  if (!isNative) continue
  // The classes that the platform lacks replace its global names.
  const forNative = { define: { ...define, IS_REACT_NATIVE: 'true' }, inject: [join(www, 'src/platform/native.ts')] }
  await build({ ...options, ...asScript, ...forNative, entryPoints: entryPoints(`${name}.native`) })
}

/** Returns the ES module for Node, which re-exports the CommonJS file. */
function wrapper(name, names) {
  const all = names.filter((name) => name !== 'default')
  const end = names.includes('default') ? `export default all.default\n` : ''
  return `import all from './${name}.cjs'\nexport const { ${all.join(', ')} } = all\n${end}`
}

run(process.execPath, join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '-p', join(www, 'tsconfig.json'))
declarations(dist, ENTRIES)
