// Builds the package into dist/: the machine with cargo and binaryen, the scripts with esbuild, the types with tsc.
//
// `--check`: fails if a file that is made of others, and committed with them, is not that of these others.

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

// Written only if it changed, as `cargo xtask test` builds again what is older than its sources.
const written = join(www, 'src/machine/codes.ts')
const made = codes(readFileSync(join(www, 'core/src/codes.rs'), 'utf8'))
if (readFileSync(written, 'utf8') !== made) {
  writeFileSync(written, made)
  // It belongs to the sources: both are committed together.
  if (isCheck) throw new Error('www/src/machine/codes.ts was not that of www/core/src/codes.rs')
}

// So does package.json.
const isNew = writeExports(join(root, 'package.json'))
if (isNew && isCheck) throw new Error('"exports" of package.json was not that of www/entries.js')

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
/** In the default entry the machine is JavaScript. */
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
  // What the platform lacks takes the place of its global names.
  const forNative = { define: { ...define, IS_REACT_NATIVE: 'true' }, inject: [join(www, 'src/platform/native.ts')] }
  await build({ ...options, ...asScript, ...forNative, entryPoints: entryPoints(`${name}.native`) })
}

/** Node's ES module: what is in the CommonJS file. */
function wrapper(name, names) {
  const all = names.filter((name) => name !== 'default')
  const end = names.includes('default') ? `export default all.default\n` : ''
  return `import all from './${name}.cjs'\nexport const { ${all.join(', ')} } = all\n${end}`
}

run(process.execPath, join(dirname(require.resolve('typescript/package.json')), 'bin/tsc'), '-p', join(www, 'tsconfig.json'))
declarations(dist, ENTRIES)
