import { HomingSocket } from '../../../../dist/index.js'
import { npm, serve } from './serve.js'

serve(npm(HomingSocket))
