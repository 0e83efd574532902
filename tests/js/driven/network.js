// The network is lost and returns, by the browser's own command, so that the events are the browser's.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'

const OPTIONS = {
  reconnect: { min: 600_000, max: 600_000, jitter: 0 },
  heartbeat: { message: 'beat', interval: 50, timeout: 5000 },
}

test('s08c_the_loss_and_the_return_of_the_network_are_noticed', async (t) => {
  const { page, files } = t
  const server = await t.server()
  await page.go(
    `${files.url}/tests/js/driven/page.html?${new URLSearchParams({ url: server.url('/echo'), options: JSON.stringify(OPTIONS) })}`,
  )
  const notes = async () => (await page.script('return window.seen?.notes ?? []')).filter((note) => !note.startsWith('message'))
  const sees = (last) => until(async () => (await notes()).at(-1) === last)
  await sees('open')
  if (!(await page.script('return navigator.onLine'))) t.skip(`${page.name} reports no network here`)
  t.onEnd(() => page.offline(false).catch(() => {}))
  try {
    await page.offline(true)
  } catch (error) {
    // `own/heartbeat` tests a network that is silent, without these events.
    t.skip(`${page.name} has no command for it: ${error.message}`)
  }
  // Firefox does not close connections to the same machine.
  await server.command('silence?on=1')
  await sees('reconnecting')
  await server.command('silence?on=0')
  assert.deepEqual(await page.script('return [navigator.onLine, seen.socket.state, seen.socket.readyState]'), [
    false,
    'waiting',
    0,
  ])
  await page.offline(false)
  await sees('open')
  assert.deepEqual(await notes(), ['open', 'offline', 'error', 'close 1006', 'reconnecting', 'online', 'open'])
  assert.deepEqual(await page.script('return seen.errors'), ['homing: heartbeat timeout'])
})
