// Checks the types of the snippets in the READMEs and the guides, with the installed package.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { lab, node, ROOT } from '../bundlers/support/lab.js'

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
/** Declarations that the snippets omit. */
const GIVEN = `
declare function freshToken(): Promise<string>
declare const controller: AbortController
declare const url: string
declare const onMessage: (event: MessageEvent) => void
declare module 'node:assert/strict'
declare module 'node:test'
declare module 'node:timers/promises'
`

let dir, end
before(async () => {
  ;({ dir, end } = await lab())
  writeFileSync(join(dir, 'given.d.ts'), GIVEN)
})
after(() => end?.())

/** Returns the code blocks of a document in a language. */
function blocks(file, language) {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block)
}

const IN_NODE = ['--module', 'nodenext']
/** Options for JavaScript without types of parameters and empty arrays. The types of older packages need a bundler's resolution. */
const PLAIN = [
  ...['--module', 'es2022', '--moduleResolution', 'bundler'],
  ...['noImplicitAny', 'strictNullChecks', 'exactOptionalPropertyTypes'].flatMap((rule) => [`--${rule}`, 'false']),
]

async function compiles(name, source, options = IN_NODE) {
  writeFileSync(join(dir, name), source)
  // Declarations of other packages are not checked.
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--skipLibCheck', '--types', '']
  const target = ['--target', 'es2022', '--lib', 'es2022,dom,dom.iterable,dom.asynciterable']
  await node([TSC, ...strict, ...target, ...options, 'given.d.ts', name], { cwd: dir })
}

test('a wrong option is an error', async () => {
  const wrong = `import { HomingSocket } from 'homing'\nnew HomingSocket('wss://example.com', [], { retries: 3 })\n`
  await assert.rejects(compiles('wrong.ts', wrong), /'retries' does not exist/)
})

/** Documents, and how many snippets each has at least. */
const READMES = { 'README.md': 1, 'www/README.md': 3 }
for (const [file, least] of Object.entries(READMES)) {
  const shown = blocks(file, 'ts')
  test(`${file} has snippets`, () => assert.ok(shown.length >= least, `${shown.length}`))
  for (const [i, source] of shown.entries()) {
    test(`${file}, ${i + 1}`, () => compiles(`${file.replace('/', '-')}-${i}.ts`, source))
  }
}

test('the line about the hook', async () => {
  const [, line] = /`(const [^`]*useHomingSocket\([^`]*)`/.exec(readFileSync(join(ROOT, 'www/README.md'), 'utf8'))
  await compiles(
    'hook.ts',
    `import { useHomingSocket } from 'homing/react'\nexport function Component() {\n  ${line}\n  send(state)\n}\n`,
  )
})

for (const guide of readdirSync(join(ROOT, 'www/guides'))) {
  for (const [i, source] of blocks(`www/guides/${guide}`, 'js').entries()) {
    test(`${guide}, ${i + 1}`, () => compiles(`${guide}-${i}.ts`, source, PLAIN))
  }
}
