// Runs suites in a browser or in Node: `node tests/js/run.js (chromium|firefox|webkit|node) SUITE... [--filter=WORD]
// [--entry=(index|wasm)]`, an entry of the package, `[--class=own]`, in Node on its own class instead of that of `ws`. What
// runs this may also be Bun or Deno.
// Those of `driven/` and `rust/` do not run in the page, but drive the browser. Prints a line for each test, what went wrong at
// the end, and the sums as `node --test` does.

import Mocha from 'mocha'
import { environment } from './support/context.js'
import { reporter } from './support/reporter.js'
import { fileServer, testServer } from './support/server.js'
import { browser } from './support/webdriver.js'

const words = process.argv.slice(2)
const option = (name) => words.find((word) => word.startsWith(`--${name}=`))?.split('=')[1]
const filter = option('filter') ?? ''
const entry = (process.env.HOMING_ENTRY = option('entry') ?? 'index')
process.env.HOMING_CLASS = option('class') ?? 'ws'
const [where, ...named] = words.filter((word) => !word.startsWith('--'))
const driven = named.filter((suite) => /^(driven|rust)\//.test(suite))
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
  const mocha = new Mocha({ fgrep: filter, reporter: reporter(note), timeout: 90_000 })
  mocha.suite.emit('pre-require', globalThis, undefined, mocha)
  for (const suite of suites) await import(`./${suite}.js`)
  await new Promise((resolve) => mocha.run(resolve))
}

// So that the test at hand fails.
process.on('unhandledRejection', (reason) => {
  throw reason
})
const server = await testServer()
environment.control = server.control
try {
  await (where === 'node' ? here(suites) : inBrowser())
} finally {
  await server.end()
}
const failures = results.filter(({ verdict }) => verdict === 'failed')
if (failures.length > 0) console.log('failures:')
for (const { name, why } of failures) console.log(`not ok ${name}\n${`${why}`.replace(/^/gm, '    ')}`)
// Those that were skipped are among the passed ones here: who adds up moves one over for each line above.
console.log(`# tests ${results.length}\n# pass ${results.length - failures.length}\n# fail ${failures.length}`)
process.exit(failures.length > 0 || results.length === 0 ? 1 : 0)
