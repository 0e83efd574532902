import { HomingSocket } from 'homing/wasm'
import { OPTIONS, scenario } from './scenario.js'

const server = new URL(location.href).searchParams.get('server')
scenario(new HomingSocket(server, undefined, OPTIONS)).then((seen) => (globalThis.result = seen))
