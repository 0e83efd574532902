// Runs suites in a browser or in Node: `node tests/js/run.js (chromium|firefox|webkit|node) SUITE... [--filter=WORD]
// [--entry=(index|wasm)]`, an entry of the package, `[--class=own]`, in Node on its own class instead of that of `ws`. What
// runs this may also be Bun or Deno.
// Those of `driven/` and `rust/` do not run in the page, but drive the browser. Prints a line for each test, what went wrong at
// the end, and the sums as `node --test` does.

import { browser } from './support/webdriver.js'
import { fileServer, testServer } from './support/server.js'
import { all, attempt } from './support/test.js'

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

async function inBrowser(control) {
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
    const parameters = new URLSearchParams({ control, filter, entry })
    suites.forEach((suite) => parameters.append('suite', `./${suite}.js`))
    if (suites.length > 0) {
      await page.go(`${files.url}/tests/js/page.html?${parameters}`)
      await finished
    }
    await here(driven, control, { page, files })
  } finally {
    await page.end()
    files.end()
  }
}

/** Runs suites in this process. */
async function here(suites, control, means) {
  for (const suite of suites) await import(`./${suite}.js`)
  for (const test of all().filter(({ name }) => name.includes(filter))) {
    note({ name: test.name, ...(await attempt(test, control, means)) })
  }
}

const server = await testServer()
try {
  await (where === 'node' ? here(suites, server.control) : inBrowser(server.control))
} finally {
  await server.end()
}
const failures = results.filter(({ verdict }) => verdict === 'failed')
if (failures.length > 0) console.log('failures:')
for (const { name, why } of failures) console.log(`not ok ${name}\n${`${why}`.replace(/^/gm, '    ')}`)
// Those that were skipped are among the passed ones here: who adds up moves one over for each line above.
console.log(`# tests ${results.length}\n# pass ${results.length - failures.length}\n# fail ${failures.length}`)
process.exit(failures.length > 0 || results.length === 0 ? 1 : 0)
