// Shared by the tests of a file: a lab, a server and a browser.

import { after, before } from 'node:test'
import { lab } from './lab.js'
import { browser } from './page.js'
import { echoServer } from './servers.js'

/**
 * Starts them before the tests and ends them afterwards. `more` starts what else is needed, and returns a function to end that. The
 * result has `dir`, `server` and `chromium` once the tests run.
 */
export function stage(sources, { inPage = true, more = () => undefined } = {}) {
  const stage = {}
  const ends = []
  before(async () => {
    stage.server = await echoServer()
    ends.push(() => stage.server.end())
    if (inPage) {
      stage.chromium = await browser()
      ends.push(() => stage.chromium.close())
    }
    const { dir, end } = await lab(...sources)
    stage.dir = dir
    ends.push(end)
    const last = await more(stage)
    if (last) ends.push(last)
  })
  after(async () => {
    for (const end of ends.reverse()) await end()
  })
  return stage
}
