import { HomingSocket, init } from 'homing'
import { OPTIONS, scenario } from './scenario.js'

/** With the module from where the bundler has put it. */
export async function placed(url) {
  await init(url)
  const server = new URL(location.href).searchParams.get('server')
  globalThis.result = await scenario(new HomingSocket(server, undefined, OPTIONS))
}
