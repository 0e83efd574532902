// Compares `import` and `require` of each entry in Node.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { exports } = require('homing/package.json')
const seen = {}
for (const path of Object.keys(exports).filter((path) => path !== './package.json')) {
  const name = path.replace('.', 'homing')
  const [required, imported] = [require(name), await import(name)]
  const names = Object.keys(required).sort()
  const isSame = names.every((name) => required[name] === imported[name] && typeof required[name] === 'function')
  seen[name] = { names, isSame, extra: Object.keys(imported).filter((name) => !names.includes(name)) }
}
const { connect } = require('requires-homing')
const { default: Default, HomingSocket } = await import('homing')
const socket = connect(() => new Promise(() => {}))
seen.isOne = socket instanceof HomingSocket && Default === HomingSocket && require('homing').default === HomingSocket
socket.close()
console.log(JSON.stringify(seen))
