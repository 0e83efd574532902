// A client in a service worker, which browsers stop when there is nothing to do for it.

import { assert } from '../support/assert.js'
import { fileServer } from '../support/server.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT } from './visit.js'

/** Commands that stop all service workers. WebKit has none. */
const STOP = {
  chromium: async ({ devtools }) => {
    await devtools('ServiceWorker.enable')
    await devtools('ServiceWorker.stopAllWorkers')
  },
  firefox: ({ privileged }) =>
    privileged(`
      const manager = Cc['@mozilla.org/serviceworkers/manager;1'].getService(Ci.nsIServiceWorkerManager)
      const all = manager.getAllRegistrations()
      const workers = Array.from({ length: all.length }, (_, index) =>
        all.queryElementAt(index, Ci.nsIServiceWorkerRegistrationInfo).activeWorker)
      Promise.all(workers.filter(Boolean).map((worker) => worker.terminateWorker())).then(() => arguments[0]())`),
}

test('s08c_a_service_worker_that_was_stopped_connects_again_when_it_is_started', async (t) => {
  const { page } = t
  const server = await t.server()
  const files = await fileServer({}, { mounts: { '/tests/js/pressure/pkg/': process.env.HOMING_PAGES ?? 'none' } })
  t.onEnd(files.end)
  await page.go(`${files.url}/tests/js/pressure/service/page.html`)
  const failed = await page.async(
    'const [worker, url, done] = arguments; window.start(worker, url).then(() => done(), (error) => done(String(error)))',
    CLIENT,
    server.url('/echo'),
  )
  assert.ok(!failed, failed)
  t.onEnd(() => page.async('registration.unregister().then(arguments[0])'))
  const events = () => page.async('window.ask().then(arguments[0])')
  const connections = (count) => until(async () => (await server.command('connections')) === `${count}`)
  await until(async () => (await events()).at(-1) === 'open')
  await connections(1)

  if (!STOP[page.name]) t.skip(`${page.name} has no command to stop a service worker`)
  await STOP[page.name](page)
  // The browser closes what a stopped worker leaves behind. The client has no say in it.
  await connections(0)
  await until(async () => (await events()).at(-1) === 'open')
  await connections(1)
  assert.deepEqual(await events(), ['open'])
  assert.strictEqual((await server.journal()).filter(([kind]) => kind === 'request').length, 2)
})
