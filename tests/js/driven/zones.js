// zone.js, which Angular uses: the zones of listeners and timers.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'

test('listeners run in the zone in which they were added, and timers in that of the client', async (t) => {
  const { page, files } = t
  const server = await t.server()
  const parameters = new URLSearchParams({ entry: process.env.HOMING_ENTRY, url: server.url('/echo') })
  await page.go(`${files.url}/tests/js/driven/zones.html?${parameters}`)
  const sees = (entry, times) =>
    until(() => page.script(`return window.seen?.notes.filter((it) => it === '${entry}').length >= ${times}`)).catch(
      async (error) => {
        throw new Error(`${entry}: ${await page.script('return seen.notes')}`, { cause: error })
      },
    )
  await sees('open inside', 1)
  await page.script('seen.send()')
  await sees('attribute inside', 1)
  await page.script('seen.tasks.length = 0; seen.reconnect(); seen.send()')
  await sees('attribute inside', 2)
  await server.command('cut_all')
  await sees('open inside', 3)
  await page.script('seen.send()')
  await sees('attribute inside', 3)
  await until(() => page.script('return seen.socket.stats.heartbeats > 3'))
  const messages = ['object inside', 'function inside', 'attribute inside']
  const again = ['close inside', 'reconnecting inside', 'open inside', ...messages]
  assert.deepEqual(await page.script('return seen.notes'), ['open inside', ...messages, ...again, ...again])
  assert.deepEqual(await page.script('return [...new Set(seen.tasks)]'), ['outside'])
})
