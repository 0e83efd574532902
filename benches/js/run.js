// Compares the clients of browsers, each in a page of its own browser: `npm run bench -- [chromium|firefox] [WORD...]`; a WORD chooses
// cases. HOMING_TEST_SERVER names the test server, HOMING_PEERS_WASM the directory with the modules of clients in Rust, and
// HOMING_PEERS_NPM one with packages. CLIENTS chooses clients, ROUNDS and GENERATIONS how often they run.
//
// Each line has the measure, the case, the client, and its figures, or why there are none. A client that fails is left out of the
// case. A wrong or missing message ends the run.

import { start } from '../../tests/browsers/server.mjs'
import { BROWSERS, version } from './browser.js'
import { compare, describe, memory } from './compare.js'
import { files } from './files.js'
import { opening, own } from './own-time.js'

const { HOMING_TEST_SERVER, HOMING_PEERS_WASM, CLIENTS, ROUNDS = 5, GENERATIONS = 3 } = process.env

const words = process.argv.slice(2)
const browsers = words.filter((word) => BROWSERS.includes(word))
const cases = words.filter((word) => !BROWSERS.includes(word))
const options = {
  rounds: Number(ROUNDS),
  generations: Number(GENERATIONS),
  wanted: {
    scenario: (name) => cases.length === 0 || cases.some((word) => name.includes(word)),
    client: (name) => !CLIENTS || CLIENTS.split(',').includes(name),
  },
}

if (!HOMING_TEST_SERVER)
  throw new Error('HOMING_TEST_SERVER must name the program that `cargo build --release -p homing-test-server` builds')
const groups = HOMING_PEERS_WASM ? ['npm', 'crate'] : ['npm']
const server = await start(HOMING_TEST_SERVER)
const site = await files(groups)
try {
  for (const browser of browsers.length > 0 ? browsers : BROWSERS) {
    if (groups.length > 1) console.log(`about\tbrowser\t${await version(browser)}`)
    for (const group of groups) {
      if (browser === 'chromium') describe(site, group)
      await compare(browser, site, group, server.url, options)
      if (browser === 'chromium') await memory(site, group, server.url, options)
    }
    // Not part of the tables.
    if (cases.includes('own')) await own(browser, site, options)
    if (cases.includes('open')) await opening(browser, site, server.url)
  }
} finally {
  site.end()
  server.close()
}
