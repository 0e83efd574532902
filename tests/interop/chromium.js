// The checks in a page of Chromium:
//
//     node tests/interop/chromium.js (index|wasm|rust|bare) URL SECURE_URL CERTIFICATE [PROXY]
//
// The clients are those of the npm package, by entry, that of the crate, whose module is in the directory HOMING_PAGES, and the browser's
// own, which shows what is the server's doing. Prints the same lines as the native client.

import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { launch } from '../browsers/chromium.mjs'
import { fileServer } from '../js/support/server.js'

const [client, url, secureUrl, certificate, proxy] = process.argv.slice(2)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

const answers = {
  '/print': (line) => console.log(line),
  '/restarted': () => lines.next().then(() => ''),
}
const files = await fileServer(answers, { mounts: { '/tests/interop/pkg/': process.env.HOMING_PAGES ?? 'none' } })

// Trusts this certificate and no other that is not signed.
const key = new X509Certificate(readFileSync(certificate)).publicKey.export({ type: 'spki', format: 'der' })
const args = [`--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`]
// The page itself is at 127.0.0.1, the servers are at localhost.
if (proxy) args.push(`--proxy-server=${proxy.replace('socks5h:', 'socks5:')}`, '--proxy-bypass-list=<-loopback>;127.0.0.1')
const browser = await launch({ args })
try {
  await browser.go(`${files.url}/tests/interop/page.html?${new URLSearchParams({ client, url, secureUrl })}`)
  // Rejects if the browser ends.
  await browser.run(
    "(document.readyState !== 'complete' && await new Promise((go) => addEventListener('load', go)), await finished)",
  )
} finally {
  await browser.close()
  files.end()
}
process.exit()
