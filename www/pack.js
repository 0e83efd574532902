// Stages the package as it is published: `node www/pack.js [DIRECTORY]`, by default target/npm-package. `npm publish` and
// `npm pack` take that directory. The package must be built.

import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const www = dirname(fileURLToPath(import.meta.url))
const root = dirname(www)

/** What the package contains, each from where it stands in the repository. */
const FILES = {
  dist: 'dist',
  'CHANGELOG.md': 'CHANGELOG.md',
  'LICENSE-APACHE': 'LICENSE-APACHE',
  'LICENSE-MIT': 'LICENSE-MIT',
  'README.md': 'www/README.md',
}

/** Fields that only the repository needs. `private` keeps the repository itself from being published. */
const OMITTED = ['private', 'scripts', 'devDependencies']

/** Writes the package into a directory, which is emptied first. */
export function stage(directory) {
  if (!existsSync(join(root, 'dist/index.d.ts'))) throw new Error('the package is not built: run `npm run build` first')
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  for (const [name, source] of Object.entries(FILES)) cpSync(join(root, source), join(directory, name), { recursive: true })
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const field of OMITTED) delete manifest[field]
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  // `npm pack` keeps permissions, which would be those that the umask of this machine gives.
  for (const path of readdirSync(directory, { recursive: true }).map((name) => join(directory, name))) {
    if (statSync(path).isFile()) chmodSync(path, 0o644)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  stage(resolve(process.argv[2] ?? join(target, 'npm-package')))
}
