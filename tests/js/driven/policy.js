// A page whose content security policy forbids things.

import { fileServer } from '../support/server.js'
import { equal, test, until } from '../support/test.js'

const OPTIONS = { heartbeat: { message: 'beat', interval: 50, timeout: 60_000, inWorker: true } }

test('s19_where_workers_are_forbidden_the_timers_of_the_page_beat_and_it_is_said_once', async (t) => {
  const { page } = t
  const server = await t.server()
  const files = await fileServer({}, { headers: { 'content-security-policy': "worker-src 'none'" } })
  t.onEnd(files.end)
  const parameters = new URLSearchParams({ url: server.url('/echo'), options: JSON.stringify(OPTIONS) })
  await page.go(`${files.url}/tests/js/driven/page.html?${parameters}`)
  await until(() => page.script('return window.seen?.socket.stats.heartbeats >= 3'))
  // A second client does not say it again.
  await page.script('seen.again()')
  await until(() => page.script('return seen.another.stats.heartbeats >= 3'))
  const warnings = await page.script('return seen.warnings')
  equal([warnings.length, warnings[0].startsWith('homing: ')], [1, true])
})
