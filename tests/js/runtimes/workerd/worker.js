import { HomingSocket } from 'homing'
import { HomingSocket as AsWebAssembly } from 'homing/wasm'
import { results } from '../all.js'

export default {
  async test(_controller, { control }) {
    // Run-time compilation of WebAssembly is forbidden here, so that both entries are one class.
    const isOne = HomingSocket === AsWebAssembly
    console.log(`RESULTS ${JSON.stringify({ isOne, results: await results(control, { HomingSocket, options: {} }) })}`)
  },
}
