// Runs the cases of a fuzzing server in a browser or in Node, with the platform's class and with this package's:
// `node tests/js/autobahn/run.js (chromium|firefox|webkit|node) PORT TURNS [CASE...]`.

import { fileServer } from '../support/server.js'
import { browser } from '../support/webdriver.js'

const [where, port, turns, ...cases] = process.argv.slice(2)
const server = `ws://127.0.0.1:${port}`

async function inPage() {
  let done
  const finished = new Promise((resolve) => (done = resolve))
  const files = await fileServer({ '/report': (problem) => (done(problem), '') })
  const page = await browser(where)
  try {
    const parameters = new URLSearchParams({ server, turns })
    cases.forEach((name) => parameters.append('case', name))
    await page.go(`${files.url}/tests/js/autobahn/page.html?${parameters}`)
    const problem = await finished
    if (problem) throw new Error(problem)
  } finally {
    await page.end()
    files.end()
  }
}

async function inNode() {
  const { run } = await import('./agent.js')
  await run(server, Number(turns), cases)
}

await (where === 'node' ? inNode() : inPage())
