import { placed } from './placed.js'

placed(new URL('homing/homing.wasm', import.meta.url))
