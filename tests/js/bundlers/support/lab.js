// A directory to build apps in, below that of the bundlers, with the package installed from its tarball.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stage } from '../../../../www/pack.js'

export const ROOT = normalize(join(dirname(fileURLToPath(import.meta.url)), '../../../..'))

const TOOLS = process.env.HOMING_JS_TOOLS
if (!TOOLS || !existsSync(join(TOOLS, 'node_modules'))) {
  throw new Error('HOMING_JS_TOOLS must name a directory where tests/js/bundlers/package.json is installed')
}

/** Returns the path of a file of an installed package. */
export const tool = (path) => join(TOOLS, 'node_modules', path)

const npm = ['npm', ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']]

const PACKAGES = join(ROOT, 'tests/js/bundlers/packages')

/** Creates a directory with copies of some of the tests' directories, in which `homing` and packages that use it are installed. */
export async function lab(...sources) {
  const dir = mkdtempSync(join(TOOLS, 'lab-'))
  const end = () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  try {
    sources.forEach((source) => cpSync(source, dir, { recursive: true }))
    writeFileSync(join(dir, 'package.json'), '{ "private": true, "type": "module" }\n')
    stage(join(dir, 'package'))
    await run(npm[0], [...npm[1], 'pack', './package', '--pack-destination', '.'], { cwd: dir })
    rmSync(join(dir, 'package'), { recursive: true })
    const tarball = readdirSync(dir).find((file) => file.endsWith('.tgz'))
    const offline = ['--offline', '--no-save', '--no-package-lock', '--legacy-peer-deps']
    await run(npm[0], [...npm[1], 'install', ...offline, `./${tarball}`], { cwd: dir })
    cpSync(PACKAGES, join(dir, 'node_modules'), { recursive: true })
    return { dir, end }
  } catch (error) {
    end()
    throw error
  }
}

/** Runs a program. Returns its output; rejects if it fails. */
export function run(program, args, { cwd, env = {}, millis = 240_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: millis,
    })
    let output = ''
    const note = (chunk) => (output += chunk)
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output)
      reject(new Error(`${program} ${args.join(' ')}: ${signal ?? `exit code ${code}`}\n${output}`))
    })
  })
}

/** Runs a program of an installed package with Node. */
export const node = (args, options) => run(process.execPath, args, options)

/** Starts a server and waits until its output matches. */
export function serve(args, pattern, { cwd, env = {}, millis = 60_000 } = {}) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = new Promise((resolve) => child.on('close', resolve))
  const end = () => {
    child.kill()
    return closed
  }
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why) => reject(new Error(`${args.join(' ')}: ${why}\n${output}`))
    const timeout = setTimeout(() => end().then(() => fail(`not up after ${millis} ms`)), millis)
    const note = (chunk) => {
      output += chunk
      const match = pattern.exec(output)
      if (!match) return
      clearTimeout(timeout)
      resolve({ match, end, output: () => output })
    }
    child.stdout.on('data', note)
    child.stderr.on('data', note)
    closed.then((code) => {
      clearTimeout(timeout)
      fail(`ended with ${code}`)
    })
  })
}
