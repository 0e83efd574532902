import { placed } from './placed.js'
import url from 'homing/homing.wasm'

placed(url)
