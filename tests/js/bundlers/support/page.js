// Opens pages in Chromium.

import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { tool } from './lab.js'

const { chromium } = await import(pathToFileURL(tool('playwright-core/index.mjs')))
const PROGRAMS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const CHROMIUM = PROGRAMS.find((program) => program && existsSync(program))

export async function browser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Opens a page and waits for its result. Returns it with the messages on the console. The page may call the functions of
 * `exposed`. */
export async function visit(chromium, url, { exposed = {}, millis = 120_000 } = {}) {
  const page = await chromium.newPage()
  for (const name in exposed) await page.exposeFunction(name, exposed[name])
  const complaints = []
  page.on('pageerror', (error) => complaints.push(`${error.stack ?? error}`))
  page.on('console', (message) => {
    const { url } = message.location()
    const isBad = message.type() === 'error' || message.type() === 'warning'
    if (isBad && !url.endsWith('/favicon.ico')) complaints.push(`${message.text()} (${url})`)
  })
  try {
    await page.goto(url)
    const handle = await page.waitForFunction(() => globalThis.result, undefined, { timeout: millis })
    return { result: await handle.jsonValue(), complaints }
  } catch (error) {
    throw new Error(`${error}\n${complaints.join('\n')}`)
  } finally {
    await page.close()
  }
}
