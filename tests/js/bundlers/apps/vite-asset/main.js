import { placed } from '../placed.js'
import url from 'homing/homing.wasm?url'

placed(url)
