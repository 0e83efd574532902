// Blobs: many and large ones.

import { assert } from '../support/assert.js'
import { test } from '../support/test.js'
import { CLIENT, isLong, visit } from './visit.js'

/** How many of each size: small ones, and some that browsers may store on disk. */
const FLOODS = isLong
  ? [
      [1000, 20_000],
      [1_000_000, 500],
      [15_000_000, 20],
    ]
  : [
      [1000, 300],
      [1_000_000, 15],
    ]

test('s16_blobs_and_texts_arrive_in_the_order_in_which_they_were_sent', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  const count = 100
  const received = await page.page.async(
    `const [url, count, done] = arguments, { crowd } = window, received = []
    crowd.add(1, url, { binaryType: 'blob' })
    crowd.onEvent = (number, kind, value) => {
      if (kind === 'message') received.push(typeof value === 'string' ? value : value.size ?? value.byteLength)
      if (received.length === 2 * count) done(received)
    }
    for (let number = 0; number < count; number++) {
      // Large and small ones in turn, which take different times to be read.
      crowd.clients[0].sendBytes(new Uint8Array(number % 2 ? number : 10_000 - number))
      crowd.clients[0].send(String(number))
    }`,
    server.url('/echo'),
    count,
  )
  assert.deepEqual(
    received,
    Array.from({ length: count }, (_, number) => [number % 2 ? number : 10_000 - number, `${number}`]).flat(),
  )
})

/** Receives a flood of blobs, and then a text. */
async function flood(page, server, size, count) {
  const [sizes, last] = await page.page.async(
    `const [url, done] = arguments, { crowd } = window, sizes = {}
    crowd.add(1, url, { binaryType: 'blob' })
    crowd.onEvent = (number, kind, value) => {
      if (kind !== 'message') return
      if (typeof value === 'string') return done([sizes, value])
      const size = value.size ?? value.byteLength
      sizes[size] = (sizes[size] ?? 0) + 1
    }
    crowd.clients[0].send('last')`,
    server.url(`/flood?n=${count}&size=${size}&binary=1`),
  )
  assert.deepEqual([sizes, last], [{ [size]: count }, 'last'])
  await page.page.script('crowd.onEvent = () => {}; crowd.end()')
}

test('s16_blobs_that_were_received_are_released', async (t) => {
  const server = await t.server()
  const page = await visit(t)
  const before = page.resident()
  for (const [size, count] of FLOODS) {
    const { memory } = await page.seen()
    await flood(page, server, size, count)
    const after = await page.seen()
    // Blobs wait outside of the module's memory, which has an entry for each. One at a time is read into it.
    if (CLIENT === 'rust') {
      const grown = after.memory.whole - memory.whole
      assert.ok(grown <= 3 * size + 100 * count + 2 ** 18, `the module grew by ${grown} bytes for blobs of ${size}`)
    }
  }
  if (!(await page.collect())) t.skip(`${t.page.name} has no command to collect garbage`)
  const total = FLOODS.reduce((sum, [, count]) => sum + count, 0)
  const { blobs, collectedBlobs } = await page.collected(({ collectedBlobs }) => collectedBlobs >= total - 2)
  assert.deepEqual([blobs, blobs - collectedBlobs <= 2], [total, true])
  const bytes = FLOODS.reduce((sum, [size, count]) => sum + size * count, 0)
  const more = page.resident() - before
  console.log(`# ${t.page.name}: ${more} bytes more in its processes after ${bytes} bytes in blobs`)
  if (isLong) assert.ok(more < bytes / 4, `${more} bytes more after ${bytes}`)
})
