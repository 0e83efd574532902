// Runs the suites of this directory with every client in every browser, the browsers side by side, as most of the time is waiting:
//
//     node tests/js/pressure/run.js [--clients=rust,index,wasm] [chromium] [firefox] [webkit] [--filter=WORD]
//
// HOMING_PAGES is the directory of the module with the clients of the crate, HOMING_PRESSURE=1 asks for the long forms.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SUITES = ['many', 'suspended', 'discarded', 'stopped', 'blobs', 'reconnects', 'hostile']
const RUNNER = fileURLToPath(new URL('../run.js', import.meta.url))

const words = process.argv.slice(2)
const clients = words.find((word) => word.startsWith('--clients='))?.slice(10) ?? 'rust,index'
const named = words.filter((word) => !word.startsWith('--'))
const others = words.filter((word) => word.startsWith('--') && !word.startsWith('--clients='))

/** Runs the suites once, and prints their output in one piece. */
async function run(browser, client) {
  const { HOMING_PAGES, ...environment } = process.env
  const env = client === 'rust' ? { ...environment, HOMING_PAGES } : environment
  const entry = client === 'rust' ? 'index' : client
  const child = spawn(
    process.execPath,
    [RUNNER, browser, ...SUITES.map((suite) => `pressure/${suite}`), `--entry=${entry}`, ...others],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  const code = await new Promise((resolve) => child.on('close', resolve))
  console.log(`# ${client} in ${browser}\n${output}`)
  return code === 0
}

const all = (named.length > 0 ? named : ['chromium', 'firefox', 'webkit']).map(async (browser) => {
  let isGood = true
  for (const client of clients.split(',')) isGood = (await run(browser, client)) && isGood
  return isGood
})
process.exitCode = (await Promise.all(all)).every(Boolean) ? 0 : 1
