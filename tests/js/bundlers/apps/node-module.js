import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { HomingSocket, init } from 'homing'
import { OPTIONS, scenario } from './scenario.js'

const [, , server, version] = process.argv
const require = createRequire(import.meta.url)
const url = import.meta.resolve('homing/homing.wasm')
const { WebSocket } = await import('ws')
if (fileURLToPath(url) !== require.resolve('homing/homing.wasm')) throw new Error(`the module is at ${url} as well`)
if (require('homing/package.json').version !== version) throw new Error('the manifest is another')
await init(readFile(new URL(url)))
console.log(JSON.stringify(await scenario(new HomingSocket(server, undefined, { ...OPTIONS, WebSocket }))))
