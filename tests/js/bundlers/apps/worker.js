import { HomingSocket } from 'homing'
import { OPTIONS, scenario } from './scenario.js'

self.onmessage = ({ data }) => {
  scenario(new HomingSocket(data, undefined, OPTIONS)).then((seen) => self.postMessage(seen))
}
