// A tab that the browser discards, as it does when memory is scarce.

import { launch } from '../../browsers/chromium.mjs'
import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { until } from '../support/wait.js'
import { CLIENT, serve } from './visit.js'

/** Discards a tab by its address, from the page chrome://discards. */
const DISCARD = `await (async ([address]) => {
  const { DetailsProvider } = await import('chrome://discards/discards.mojom-webui.js')
  const details = DetailsProvider.getRemote()
  const { infos } = await details.getTabDiscardsInfo()
  await details.discardById(infos.find(({ tabUrl }) => tabUrl === address).id, 0)
})(args)`

test('s08c_the_client_of_a_discarded_tab_connects_anew_when_the_tab_is_loaded_again', async (t) => {
  if (t.page.name !== 'chromium') t.skip(`${t.page.name} has no command to discard a tab`)
  const server = await t.server()
  const connections = (count) => until(async () => (await server.command('connections')) === `${count}`)
  const address = (await serve(t))(`page.html?${new URLSearchParams({ client: CLIENT, url: server.url('/echo') })}`)
  // A browser of its own, as no tab is discarded that a driver is attached to.
  const browser = await launch({ localState: { internal_only_uis_enabled: true } })
  t.onEnd(() => browser.close())
  const tab = async () => (await browser.call('Target.getTargets')).targetInfos.find(({ url }) => url === address)
  await browser.call('Target.createTarget', { url: address })
  await connections(1)

  browser.page = await browser.open('chrome://discards/')
  await until(() => browser.run("location.host === 'discards' && document.readyState === 'complete'"))
  await browser.run(DISCARD, address)
  // The browser closes what a discarded page leaves behind. The client has no say in it.
  await connections(0)

  const { targetId } = await tab()
  await browser.call('Target.activateTarget', { targetId })
  await connections(1)
  browser.page = await browser.call('Target.attachToTarget', { targetId: (await tab()).targetId, flatten: true })
  await until(() => browser.run('globalThis.crowd?.states().open === 1'))
  const kept = await browser.run('[document.wasDiscarded, sessionStorage.kept, crowd.seen().notes]')
  assert.deepEqual(kept, [true, 'open open ', ['open']])
  assert.strictEqual((await server.journal()).filter(([kind]) => kind === 'request').length, 2)
})
