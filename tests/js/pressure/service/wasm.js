import { HomingSocket } from '../../../../dist/wasm.js'
import { npm, serve } from './serve.js'

serve(npm(HomingSocket))
