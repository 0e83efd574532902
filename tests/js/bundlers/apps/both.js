import Default, { HomingSocket } from 'homing'
import { connect, Required } from 'requires-homing'
import { OPTIONS, scenario } from './scenario.js'

const server = new URL(location.href).searchParams.get('server')
if (Required === HomingSocket && Default === HomingSocket) {
  scenario(connect(server, undefined, OPTIONS)).then((seen) => (globalThis.result = seen))
} else {
  globalThis.result = ['two classes']
}
