// Measures the package in pages, beside the browser's own class and two wrappers: `npm run bench -- [chromium|firefox]`.
//
// Rounds are interleaved and each figure is a ratio to the browser's own class in the same round; what is printed are
// medians. CPU is that of the page's process, of all its threads, by /proc: Linux only.

import { build } from 'esbuild'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createServer } from 'node:http'
import { ROOT } from '../../tests/js/support/server.js'
import { browser } from '../../tests/js/support/webdriver.js'

const ROUNDS = Number(process.env.ROUNDS ?? 9)
const places = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['chromium', 'firefox']

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

/** The processes of pages below a process, with the CPU that they have used, in nanoseconds. */
function pagesCpu(root) {
  const parents = new Map()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      parents.set(pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid) => pid === `${root}` || (parents.has(pid) && isBelow(parents.get(pid)))
  let cpu = 0
  for (const pid of parents.keys()) {
    if (!isBelow(pid)) continue
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ')
      if (!/--type=renderer|-isForBrowser|contentproc.* tab/.test(line)) continue
      for (const task of readdirSync(`/proc/${pid}/task`)) {
        cpu += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return cpu
}

async function serve() {
  const dir = mkdtempSync(join(tmpdir(), 'homing-bench-'))
  await build({
    entryPoints: [join(ROOT, 'benches/js/page.js')],
    bundle: true,
    format: 'esm',
    minify: true,
    outdir: dir,
    // The module is served beside the page.
    alias: { homing: join(ROOT, 'dist/index.js') },
    external: ['./embedded.js'],
    logLevel: 'warning',
  })
  const files = {
    '/': ['text/html', '<!doctype html><title>bench</title><script>addEventListener("error",(e)=>{window.wrong=e.message});addEventListener("unhandledrejection",(e)=>{window.wrong=String(e.reason)})</script><script type="module" src="page.js"></script>'],
    '/page.js': ['text/javascript', readFileSync(join(dir, 'page.js'))],
    '/homing.wasm': ['application/wasm', readFileSync(join(ROOT, 'dist/homing.wasm'))],
  }
  rmSync(dir, { recursive: true })
  const server = createServer((request, response) => {
    const file = files[request.url]
    if (!file) return response.writeHead(404).end()
    response.setHeader('content-type', file[0])
    // Clocks of pages are coarse without these.
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    response.end(file[1])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function measure(place, files, server) {
  const page = await browser(place)
  try {
    await page.go(`http://127.0.0.1:${files.address().port}/`)
    const call = (what, ...args) =>
      page.async(
        `const [what, args, done] = arguments
        setTimeout(() => done('not done after a minute'), 60_000)
        bench[what](...args).then(done, (error) => done(\`\${error}\`))`,
        what,
        args,
      )
    for (const giveUp = Date.now() + 20_000; !(await page.script('return !!window.bench')); ) {
      if (Date.now() > giveUp) throw new Error(`the page does not start: ${await page.script('return window.wrong')}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const { names, scenarios } = await page.script('return { names: bench.names, scenarios: bench.scenarios }')

    console.log(`\n${place} ${page.capabilities.browserVersion}: page CPU per message, ratio to the browser's class (us of its)`)
    for (const scenario of scenarios) {
      const rounds = []
      for (let round = -1; round < ROUNDS; round++) {
        const figures = {}
        // Another one first each time.
        for (const i of names.keys()) {
          const name = names[(i + round + names.length) % names.length]
          const before = pagesCpu(page.pid)
          const messages = await call('run', scenario, name, server)
          if (typeof messages !== 'number') throw new Error(`${scenario}, ${name}: ${messages}`)
          figures[name] = (pagesCpu(page.pid) - before) / messages / 1000
        }
        // The first one warms up.
        if (round >= 0) rounds.push(figures)
      }
      const ratios = names.slice(1).map((name) => `${name} ${median(rounds.map((round) => round[name] / round.bare)).toFixed(3)}`)
      console.log(`  ${scenario.padEnd(20)} ${ratios.join('  ')}  (${median(rounds.map(({ bare }) => bare)).toFixed(2)})`)
    }

    const own = { receive: {}, send: {} }
    // It takes no other class than the browser's.
    const stubbed = names.filter((name) => name !== 'rews')
    for (let round = -1; round < 2 * ROUNDS; round++) {
      for (const name of stubbed) {
        const figures = await call('own', name, 20_000)
        if (!Array.isArray(figures)) throw new Error(`own part, ${name}: ${figures}`)
        const [receive, send] = figures
        if (round < 0) continue
        ;(own.receive[name] ??= []).push(receive)
        ;(own.send[name] ??= []).push(send)
      }
    }
    console.log('  own part in ns, with synthetic events and a stub, over the bare listener or call:')
    for (const [what, figures] of Object.entries(own)) {
      const over = stubbed.slice(1).map((name) => `${name} ${median(figures[name].map((figure, i) => figure - figures.bare[i])).toFixed(0)}`)
      console.log(`  ${what.padEnd(20)} ${over.join('  ')}  (${median(figures.bare).toFixed(0)})`)
    }

    const times = {}
    for (let round = 0; round < 2 * ROUNDS; round++) {
      for (const name of names) (times[name] ??= []).push(await call('open', name, server))
    }
    console.log(`  from new to open, ms:  ${names.map((name) => `${name} ${median(times[name]).toFixed(1)}`).join('  ')}`)
  } finally {
    await page.end()
  }
}

const program = process.env.HOMING_TEST_SERVER
if (!program) throw new Error('HOMING_TEST_SERVER must name the program that `cargo build --release -p homing-test-server` builds')
const child = spawn(program, ['0'], { stdio: ['pipe', 'pipe', 'inherit'] })
const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
const files = await serve()
try {
  for (const place of places) await measure(place, files, value.replace(/\/$/, ''))
} finally {
  files.close()
  files.closeAllConnections()
  child.stdin.end()
}
