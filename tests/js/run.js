// Runs suites with Mocha in a browser or in this process, which may be Node, Bun or Deno:
//
//     node tests/js/run.js (chromium|firefox|webkit|node) SUITE... [--filter=WORD] [--entry=(index|wasm)] [--class=own]
//
// SUITE is a path such as own/life, WORD a part of test names. `--entry` chooses the entry of the package, `--class=own` the runtime's
// class instead of that of `ws`. Suites in driven/, rust/ and pressure/ run in this process and control the browser. Prints a line for each test,
// the failures, and a summary as `node --test` does.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Mocha from 'mocha'
import { environment } from './support/context.js'
import { reporter } from './support/reporter.js'
import { fileServer, ROOT, testServer } from './support/server.js'
import { browser } from './support/webdriver.js'

const words = process.argv.slice(2)
const option = (name) => words.find((word) => word.startsWith(`--${name}=`))?.split('=')[1]
const filter = option('filter') ?? ''
const entry = (process.env.HOMING_ENTRY = option('entry') ?? 'index')
process.env.HOMING_CLASS = option('class') ?? 'ws'
const [where, ...named] = words.filter((word) => !word.startsWith('--'))
const driven = named.filter((suite) => /^(driven|rust|pressure)\//.test(suite))
const suites = named.filter((suite) => !driven.includes(suite))
const results = []

function note(result) {
  results.push(result)
  const { name, verdict, why } = result
  if (verdict === 'failed') console.log(`test ${name} ... FAILED`)
  else if (verdict === 'skipped') console.log(`SKIPPED: ${name}: ${why}`)
  else console.log(`ok ${name}`)
}

async function inBrowser() {
  let done
  const finished = new Promise((resolve) => (done = resolve))
  const files = await fileServer({
    '/report': (body) => {
      const result = JSON.parse(body)
      if (result.done) done()
      else note(result)
      return ''
    },
  })
  const page = await browser(where)
  try {
    const parameters = new URLSearchParams({ control: environment.control, filter, entry })
    suites.forEach((suite) => parameters.append('suite', `./${suite}.js`))
    if (suites.length > 0) {
      await page.go(`${files.url}/tests/js/page.html?${parameters}`)
      await finished
    }
    Object.assign(environment, { page, files })
    if (driven.length > 0) await here(driven)
  } finally {
    await page.end()
    files.end()
  }
}

/** Runs suites in this process. */
async function here(suites) {
  const mocha = new Mocha({ fgrep: filter, reporter: reporter(note), timeout: process.env.HOMING_PRESSURE ? 600_000 : 90_000 })
  mocha.suite.emit('pre-require', globalThis, undefined, mocha)
  for (const suite of suites) await import(`./${suite}.js`)
  await new Promise((resolve) => mocha.run(resolve))
}

/** Ends the program if a file is missing. */
function needs(path, what) {
  if (existsSync(join(ROOT, path))) return
  console.error(what)
  process.exit(2)
}

// The suites in rust/ are about pages made by Rust alone.
if (!named.every((suite) => suite.startsWith('rust/'))) needs('dist/index.js', 'the package is not built: run `npm run build`')
for (const suite of named) needs(`tests/js/${suite}.js`, `no suite ${suite} in tests/js`)

// Fails the current test.
process.on('unhandledRejection', (reason) => {
  throw reason
})
const server = await testServer()
environment.control = server.control
try {
  await (where === 'node' ? here(named) : inBrowser())
} finally {
  await server.end()
}
const failures = results.filter(({ verdict }) => verdict === 'failed')
if (failures.length > 0) console.log('failures:')
for (const { name, why } of failures) console.log(`not ok ${name}\n${`${why}`.replace(/^/gm, '    ')}`)
if (results.length === 0) console.log(`no test ran${filter && `: no name contains ${filter}`}`)
// Skipped tests count as passed here; xtask moves one over for each line `SKIPPED:`.
console.log(`# tests ${results.length}\n# pass ${results.length - failures.length}\n# fail ${failures.length}`)
process.exit(failures.length > 0 || results.length === 0 ? 1 : 0)
