// The pages of the clients, each in a browser of its own.

import * as chromium from '../../tests/browsers/chromium.mjs'
import * as firefox from '../../tests/browsers/firefox.mjs'

const LAUNCH = { chromium: chromium.launch, firefox: firefox.launch }
export const BROWSERS = Object.keys(LAUNCH)

const SETTINGS = {
  // Pages are not kept in the back/forward cache.
  args: ['--js-flags=--expose-gc', '--disable-features=BackForwardCache'],
  prefs: { 'browser.sessionhistory.max_total_viewers': 0 },
}

export const launch = (browser) => LAUNCH[browser](SETTINGS)

export async function version(browser) {
  const page = await launch(browser)
  await page.close()
  return page.version
}

/** A wrong or missing message, which ends the whole run. */
export class Wrong extends Error {}

/** Opens the page of one client. Returns a function that calls a function in the page. */
export async function visit(page, url) {
  await page.go(url)
  for (const giveUp = Date.now() + 20_000; !(await page.run(`location.href === args[0] && !!window.bench`, url)); ) {
    const wrong = await page.run('window.wrong')
    if (wrong || Date.now() > giveUp) throw new Error(`the page does not start: ${wrong}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return async (what, ...args) => {
    const { value, error } = await page.run(
      `await Promise.race([
        (async () => bench[args[0]](...args.slice(1)))(),
        new Promise((_, reject) => setTimeout(() => reject('wrong: messages are missing after a minute'), 60_000)),
      ]).then((value) => ({ value }), (error) => ({ error: String(error?.message ?? error) }))`,
      what,
      ...args,
    )
    if (error?.startsWith('wrong')) throw new Wrong(`${url}, ${what}: ${error}`)
    if (error) throw new Error(error)
    return value
  }
}

/** Opens a browser with the page of a client. */
export async function open(browser, url) {
  const page = await launch(browser)
  try {
    const call = await visit(page, url)
    return { page, call, spent: await page.cpu() }
  } catch (error) {
    await page.close()
    throw error
  }
}
