import { HomingSocket } from 'homing'
import { HomingSocket as AsWebAssembly } from 'homing/wasm'
import { results } from '../all.js'

export default {
  async test(_controller, { control }) {
    // workerd forbids compiling WebAssembly at run time, so both entries are the same class.
    const isOne = HomingSocket === AsWebAssembly
    console.log(`RESULTS ${JSON.stringify({ isOne, results: await results(control, { HomingSocket, options: {} }) })}`)
  },
}
