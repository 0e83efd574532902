// The cases with the real server and the environment's own class.

import { HomingSocket } from 'homing'
import { WebSocket as ByWs } from 'ws'
import { environment } from '../../support/context.js'
import { ask } from '../ask.js'
import '../cases.js'

// Node 20 has no `WebSocket`.
const options = globalThis.WebSocket ? {} : { WebSocket: ByWs }
Object.assign(environment, { ask, HomingSocket, options, hasErrors: !('happyDOM' in globalThis) })
