// Checks that a CommonJS module has the same types as an ES module. Compiled, not run.

import homing = require('homing')

import Default, { type HomingSocket } from 'homing'
import { type HomingSocketHook, useHomingSocket } from 'homing/react'
import { HomingSocket as AsWebAssembly } from 'homing/wasm'

const socket = new homing.HomingSocket('wss://example.org', [], { reconnect: false })
const Class: typeof HomingSocket = Default
const another: typeof homing.default = AsWebAssembly
const hook: (url: string) => HomingSocketHook = useHomingSocket

type Imported = typeof import('homing', { with: { 'resolution-mode': 'import' }})
const imported: Imported['HomingSocket'] = Class
const module_: Imported['default'] = homing.default
// The imported hook accepts the socket of a required class.
const both: HomingSocketHook['socket'] = socket

export = { another, both, hook, imported, module_ }
