// Against the real server, by the environment's own class.

import { HomingSocket } from 'homing'
import { WebSocket as ByWs } from 'ws'
import { environment } from '../../support/context.js'
import { ask } from '../ask.js'
import '../cases.js'

// Node 20 has no class of its own.
const options = globalThis.WebSocket ? {} : { WebSocket: ByWs }
Object.assign(environment, { ask, HomingSocket, options, hasErrors: !('happyDOM' in globalThis) })
