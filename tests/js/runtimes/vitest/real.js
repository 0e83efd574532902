// The cases with the real server and the environment's own class.

import { HomingSocket } from 'homing'
import { environment } from '../../support/context.js'
import { ask } from '../ask.js'
import '../cases.js'

// Node 20 has no `WebSocket`.
const { WebSocket } = globalThis.WebSocket ? {} : await import('ws')
Object.assign(environment, { ask, HomingSocket, options: WebSocket ? { WebSocket } : {}, hasErrors: !('happyDOM' in globalThis) })
