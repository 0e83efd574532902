import { HomingSocket } from 'homing'
import { OPTIONS, scenario } from './scenario.js'

const [, , server, from] = process.argv
// Node 20 has no `WebSocket` without a flag.
const { WebSocket } = from === 'ws' ? await import('ws') : globalThis
console.log(JSON.stringify(await scenario(new HomingSocket(server, undefined, { ...OPTIONS, WebSocket }))))
